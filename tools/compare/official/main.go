// Official calls the API with Telnyx's official SDK for Go. It is a module of its own: only make compare needs it, and
// to compile the SDK takes up to 3 GB of memory.
package main

import (
	"context"

	"github.com/team-telnyx/telnyx-go/v4"
	"github.com/team-telnyx/telnyx-go/v4/option"

	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

type client struct{ telnyx.Client }

func (c client) Create(ctx context.Context, room string) (any, string, error) {
	params := telnyx.RoomActionGenerateJoinClientTokenParams{TokenTtlSecs: telnyx.Int(600)}
	created, err := c.Rooms.Actions.GenerateJoinClientToken(ctx, room, params)
	if err != nil {
		return nil, "", err
	}
	return created, created.Data.Token, nil
}

func (c client) Refresh(ctx context.Context, room, refreshToken string) (any, string, error) {
	params := telnyx.RoomActionRefreshClientTokenParams{RefreshToken: refreshToken}
	refreshed, err := c.Rooms.Actions.RefreshClientToken(ctx, room, params)
	if err != nil {
		return nil, "", err
	}
	return refreshed, refreshed.Data.Token, nil
}

func newClient(baseURL, apiKey string) (program.Client, error) {
	return client{telnyx.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(apiKey))}, nil
}

func main() { program.Main(newClient) }
