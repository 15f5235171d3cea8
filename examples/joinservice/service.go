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
type service struct {
	client   *roomtokens.Client
	mayEnter access
}

// join gives a signed-in user tokens for a room that they may enter.
func (s service) join(r *http.Request) (any, error) {
	user := signedInUser(r)
	if user == "" {
		return nil, problem{Status: http.StatusUnauthorized, Detail: "nobody is signed in"}
	}
	roomID, err := roomIDOf(r)
	if err != nil {
		return nil, err
	}
	if err := s.mayEnter.check(r.Context(), user, roomID); err != nil {
		return nil, err
	}
	return s.client.CreateRoomClientToken(r.Context(), roomID, api.CreateRoomClientTokenRequest{
		TokenTTLSecs:        600,
		RefreshTokenTTLSecs: 4 * 3600, // the longest meeting
	})
}

// refresh gives a participant a new client token. The refresh token is the credential: nobody has to be signed in, and
// the client sends no API key. Whoever has lost a room keeps it until their refresh token expires; if all participants
// are users of yours, let refresh ask who may enter, as join does.
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
