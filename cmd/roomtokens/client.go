package main

import (
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

const baseURLVariable = "TELNYX_BASE_URL"

// client returns a client for the server that the flags and the environment name. It reports retries, which can take a
// while, and goes through the proxy that the environment names.
func (p *program) client(apiKey secret.String, f connectionFlags) (*roomtokens.Client, error) {
	opts := []roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{}), // net/http's own transport heeds HTTPS_PROXY
		roomtokens.WithLogger(slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))),
	}
	if url := p.baseURL(f); url != "" {
		opts = append(opts, roomtokens.WithBaseURL(url))
	}
	if apiKey == "" {
		opts = append(opts, roomtokens.WithoutAPIKey())
	}
	return roomtokens.New(string(apiKey), opts...)
}

// keyedClient returns a client that has the API key, and the room that it is for.
func (p *program) keyedClient(room string, f connectionFlags) (*roomtokens.Client, uuid.UUID, error) {
	roomID, err := parseRoomID(room)
	if err != nil {
		return nil, uuid.Nil, err
	}
	apiKey, err := p.requiredAPIKey()
	if err != nil {
		return nil, uuid.Nil, err
	}
	client, err := p.client(apiKey, f)
	return client, roomID, err
}

// baseURL is the server to talk to; empty for Telnyx.
func (p *program) baseURL(f connectionFlags) string {
	if f.baseURL != "" {
		return f.baseURL
	}
	return p.env(baseURLVariable)
}

// parseRoomID does not quote what is no room's id: by mistake, it could be a secret.
func parseRoomID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, wrongUse("the room's id is not a UUID such as 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4")
	}
	return id, nil
}
