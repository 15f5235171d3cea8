package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// maxBodyBytes is several times what a refresh token takes.
const maxBodyBytes = 8 << 10

// service performs what the routes are for. Its methods return what becomes the JSON of the response.
type service struct{ client *roomtokens.Client }

// signedInUser returns whom the proxy in front of this service has signed in, or "". It believes a header that anyone
// can send, so only the proxy may reach this service. Put your own sessions in its place.
func signedInUser(r *http.Request) string { return r.Header.Get("X-Forwarded-User") }

// join gives a signed-in user tokens for a room. Check here who may enter which room: Telnyx does not know your users.
func (s service) join(r *http.Request) (any, error) {
	if signedInUser(r) == "" {
		return nil, problem{Status: http.StatusUnauthorized, Detail: "nobody is signed in"}
	}
	roomID, err := roomIDOf(r)
	if err != nil {
		return nil, err
	}
	return s.client.CreateRoomClientToken(r.Context(), roomID, api.CreateRoomClientTokenRequest{
		TokenTTLSecs:        600,
		RefreshTokenTTLSecs: 4 * 3600, // the longest meeting
	})
}

// refresh gives a participant a new client token. The refresh token is the credential: nobody has to be signed in, and
// the client sends no API key.
func (s service) refresh(r *http.Request) (any, error) {
	roomID, err := roomIDOf(r)
	if err != nil {
		return nil, err
	}
	var params api.RefreshRoomClientTokenRequest
	if err := decodeJSON(r, &params); err != nil {
		return nil, err
	}
	return s.client.RefreshRoomClientToken(r.Context(), roomID, params) // it checks what is in params
}

func roomIDOf(r *http.Request) (uuid.UUID, error) {
	roomID, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil, problem{Status: http.StatusBadRequest, Detail: "the room id is not a UUID"}
	}
	return roomID, nil
}

// decodeJSON reads the one JSON value of a body into v. It takes nothing that a form of another site can send, and its
// errors show nothing of the body, where a token may be.
func decodeJSON(r *http.Request, v any) error {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/json" {
		return problem{Status: http.StatusUnsupportedMediaType, Detail: "the body must be application/json"}
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(v)
	if err == nil {
		_, err = decoder.Token()
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return problem{Status: http.StatusRequestEntityTooLarge, Detail: "the body is larger than 8 KiB"}
	}
	if !errors.Is(err, io.EOF) {
		return problem{Status: http.StatusBadRequest, Detail: "the body must be a JSON object with known fields only"}
	}
	return nil
}
