package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	// callTimeout bounds one request to this service, and with it all attempts to get a token.
	callTimeout = 10 * time.Second
	// attemptTimeout leaves time for a second attempt where the first gets no response.
	attemptTimeout = 4 * time.Second
	// maxBodyBytes is several times what a refresh token takes.
	maxBodyBytes = 8 << 10
	// recorderUser is the one user who gets the recorder's token.
	recorderUser = "recorder"
)

type service struct {
	client   *roomtokens.Client
	recorder *roomtokens.TokenSource // nil where no room is recorded
	log      *slog.Logger
}

// newService reads TELNYX_API_KEY, TELNYX_BASE_URL and RECORDER_ROOM. It keeps the key in the client alone.
func newService(getenv func(string) string, log *slog.Logger, opts ...roomtokens.Option) (*service, error) {
	opts = append(opts,
		roomtokens.WithBaseURL(cmp.Or(getenv("TELNYX_BASE_URL"), api.ServerURL)),
		roomtokens.WithAttemptTimeout(attemptTimeout),
		roomtokens.WithLogger(log),
	)
	client, err := roomtokens.New(getenv("TELNYX_API_KEY"), opts...)
	if err != nil {
		return nil, fmt.Errorf("TELNYX_API_KEY, TELNYX_BASE_URL: %w", err)
	}
	s := &service{client: client, log: log}
	if room := getenv("RECORDER_ROOM"); room != "" {
		if s.recorder, err = newRecorder(client, room, log); err != nil {
			return nil, fmt.Errorf("RECORDER_ROOM: %w", err)
		}
	}
	return s, nil
}

// newRecorder returns the tokens of a bot that stays in one room. They are renewed in the background, where no caller
// sees a failure: hence the observer.
func newRecorder(client *roomtokens.Client, room string, log *slog.Logger) (*roomtokens.TokenSource, error) {
	roomID, err := uuid.Parse(room)
	if err != nil {
		return nil, err
	}
	observe := func(event roomtokens.FetchEvent) {
		if event.Err != nil {
			log.Warn("no new recorder token", "operation", event.Operation, "error", event.Err, "wait", event.Wait)
			return
		}
		log.Info("new recorder token", "operation", event.Operation, "wait", event.Wait)
	}
	return client.TokenSource(roomID, api.CreateRoomClientTokenRequest{}, roomtokens.WithFetchObserver(observe))
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rooms/{id}/join", s.respond(s.join))
	mux.HandleFunc("POST /rooms/{id}/refresh", s.respond(s.refresh))
	if s.recorder != nil {
		mux.HandleFunc("GET /recorder/token", s.respond(s.recorderToken))
	}
	// It does not ask Telnyx: an outage there would take every instance of this service down too.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	// A session in a cookie travels with requests that other sites make a browser send.
	return http.NewCrossOriginProtection().Handler(mux)
}

// signedInUser returns whom the proxy in front of this service has signed in, or "". It believes a header that anyone
// can send, so only the proxy may reach this service. Put your own sessions in its place.
func signedInUser(r *http.Request) string { return r.Header.Get("X-Forwarded-User") }

// join gives a signed-in user tokens for a room. Check here who may enter which room: Telnyx does not know your users.
func (s *service) join(r *http.Request) (*roomtokens.ClientToken, error) {
	if signedInUser(r) == "" {
		return nil, errUnauthorized
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
func (s *service) refresh(r *http.Request) (*roomtokens.ClientToken, error) {
	roomID, err := roomIDOf(r)
	if err != nil {
		return nil, err
	}
	var params api.RefreshRoomClientTokenRequest // the client checks what is in it
	if err := json.NewDecoder(r.Body).Decode(&params); err != nil {
		return nil, fmt.Errorf("%w: body is not a JSON object of at most 8 KiB", roomtokens.ErrInvalidRequest)
	}
	refreshed, err := s.client.RefreshRoomClientToken(r.Context(), roomID, params)
	switch {
	case errors.Is(err, roomtokens.ErrUnauthorized):
		return nil, fmt.Errorf("%w: %w", errUnauthorized, err)
	case err != nil:
		return nil, err
	}
	return &roomtokens.ClientToken{Token: refreshed.Token, TokenExpiresAt: refreshed.TokenExpiresAt}, nil
}

// recorderToken gives the recorder a token that is valid now, whenever it connects. The refresh token stays here.
func (s *service) recorderToken(r *http.Request) (*roomtokens.ClientToken, error) {
	if signedInUser(r) != recorderUser {
		return nil, roomtokens.ErrForbidden
	}
	token, err := s.recorder.Token(r.Context())
	if err != nil {
		return nil, err
	}
	return &roomtokens.ClientToken{Token: token.Token, TokenExpiresAt: token.TokenExpiresAt}, nil
}

func roomIDOf(r *http.Request) (uuid.UUID, error) {
	roomID, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil, fmt.Errorf("%w: room id is not a UUID", roomtokens.ErrInvalidRequest)
	}
	return roomID, nil
}
