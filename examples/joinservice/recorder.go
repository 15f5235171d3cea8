package main

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// recorderTokens returns the source of the tokens of a bot that stays in the room.
func recorderTokens(client *roomtokens.Client, room string) (*roomtokens.TokenSource, error) {
	roomID, err := uuid.Parse(room)
	if err != nil {
		return nil, err
	}
	return client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
}

// record passes each new token to setToken, the first one at once, until ctx ends.
func record(
	ctx context.Context, tokens *roomtokens.TokenSource, setToken func(*roomtokens.ClientToken), log *slog.Logger,
) {
	for token, err := range tokens.Tokens(ctx) {
		if err != nil {
			log.Error("recorder has no token", "error", err) // the loop goes on
			continue
		}
		log.Info("recorder has a token", "until", token.TokenExpiresAt)
		setToken(token)
	}
}
