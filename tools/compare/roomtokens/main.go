// Roomtokens calls the API with package roomtokens.
package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

type client struct{ *roomtokens.Client }

func (c client) Create(ctx context.Context, room string) (any, string, error) {
	id, err := uuid.Parse(room)
	if err != nil {
		return nil, "", err
	}
	created, err := c.CreateRoomClientToken(ctx, id, api.CreateRoomClientTokenRequest{TokenTTLSecs: 600})
	if err != nil {
		return nil, "", err
	}
	return created, string(created.Token), nil
}

func (c client) Refresh(ctx context.Context, room, refreshToken string) (any, string, error) {
	id, err := uuid.Parse(room)
	if err != nil {
		return nil, "", err
	}
	params := api.RefreshRoomClientTokenRequest{RefreshToken: secret.String(refreshToken)}
	refreshed, err := c.RefreshRoomClientToken(ctx, id, params)
	if err != nil {
		return nil, "", err
	}
	return refreshed, string(refreshed.Token), nil
}

func newClient(baseURL, apiKey string) (program.Client, error) {
	c, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(baseURL))
	return client{c}, err
}

func main() { program.Main(newClient) }
