// Generated calls the API with the client that oapi-codegen writes, and nothing around it.
package main

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

type client struct{ *api.ClientWithResponses }

func (c client) Create(ctx context.Context, room string) (any, string, error) {
	id, err := uuid.Parse(room)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.CreateRoomClientTokenWithResponse(ctx, id, api.CreateRoomClientTokenRequest{TokenTTLSecs: 600})
	if err != nil {
		return nil, "", err
	}
	if resp.JSON201 == nil {
		return resp.Status(), "", nil // the client itself reports no error
	}
	return *resp.JSON201, string(resp.JSON201.Data.Token), nil
}

func (c client) Refresh(ctx context.Context, room, refreshToken string) (any, string, error) {
	id, err := uuid.Parse(room)
	if err != nil {
		return nil, "", err
	}
	params := api.RefreshRoomClientTokenRequest{RefreshToken: secret.String(refreshToken)}
	resp, err := c.RefreshRoomClientTokenWithResponse(ctx, id, params)
	if err != nil {
		return nil, "", err
	}
	if resp.JSON201 == nil {
		return resp.Status(), "", nil
	}
	return *resp.JSON201, string(resp.JSON201.Data.Token), nil
}

func newClient(baseURL, apiKey string) (program.Client, error) {
	editor := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+apiKey)
		return nil
	}
	c, err := api.NewClientWithResponses(baseURL, api.WithRequestEditorFn(editor))
	return client{c}, err
}

func main() { program.Main(newClient) }
