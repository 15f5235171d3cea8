package faults_test

import (
	"context"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// roomID is the room of the fault matrix.
var roomID = uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

// operation is one of the two, as a row of the matrix needs it.
type operation struct {
	name   string
	path   string
	body   string
	bearer string
	call   func(context.Context, *roomtokens.Client) (secret.String, error)
}

func operations() []operation {
	return []operation{
		{
			name: "CreateRoomClientToken", path: "/actions/generate_join_client_token", bearer: "Bearer " + apiKey,
			body: `{"token_ttl_secs":600}`,
			call: func(ctx context.Context, c *roomtokens.Client) (secret.String, error) {
				token, err := c.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 600})
				if err != nil {
					return "", err
				}
				return token.Token, nil
			},
		},
		{
			name: "RefreshRoomClientToken", path: "/actions/refresh_client_token",
			body: `{"refresh_token":"r.e.f","token_ttl_secs":600}`,
			call: func(ctx context.Context, c *roomtokens.Client) (secret.String, error) {
				token, err := c.RefreshRoomClientToken(ctx, roomID,
					api.RefreshRoomClientTokenRequest{RefreshToken: "r.e.f", TokenTTLSecs: 600})
				if err != nil {
					return "", err
				}
				return token.Token, nil
			},
		},
	}
}
