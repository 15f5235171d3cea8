package roomtokens

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// ClientToken is what CreateRoomClientToken answers with: a client token, a refresh token, and the instants (UTC) at
// which they end. The spec requires none of the four; [Client.CreateRoomClientToken] guarantees a non-empty Token.
type ClientToken = api.CreateRoomClientToken201ResponseData

// RefreshedToken is what RefreshRoomClientToken answers with: a client token and the instant (UTC) at which it ends.
// [Client.RefreshRoomClientToken] guarantees a non-empty Token.
type RefreshedToken = api.RefreshRoomClientToken201ResponseData

// Client calls the two room client token operations of the Telnyx API. It is safe for concurrent use. Printing it shows
// no secret.
type Client struct {
	api *api.Client
	// The requests of the two operations, as the generated client builds them.
	createPrototype, refreshPrototype *prototype
}

// New returns a Client that authenticates with apiKey, a Telnyx API v2 key.
//
// With an empty apiKey and no [WithAPIKeyFunc] the Client can refresh, which takes no key, but not create. An apiKey
// that cannot stand in an Authorization header, or an option that is out of bounds, gives an error that matches
// [ErrInvalidRequest].
//
// The Client owns its connections, follows no redirect and does not look at the environment: where a proxy is needed,
// give one with [WithHTTPClient].
func New(apiKey string, opts ...Option) (*Client, error) {
	c, err := newClient(apiKey, opts)
	if err != nil {
		return nil, fmt.Errorf("roomtokens: %w", err)
	}
	return c, nil
}

func newClient(apiKey string, opts []Option) (*Client, error) {
	cfg, err := newConfig(apiKey, opts)
	if err != nil {
		return nil, err
	}
	doer := newDoer(cfg)
	generated, err := api.NewClient(cfg.baseURL, api.WithHTTPClient(doer))
	if err != nil {
		return nil, err
	}
	generated.RequestEditors = cfg.editors
	c := &Client{api: generated}
	if c.createPrototype, err = newPrototype(doer, generated, api.NewCreateRoomClientTokenRequestWithBody); err != nil {
		return nil, err
	}
	if c.refreshPrototype, err = newPrototype(doer, generated, api.NewRefreshRoomClientTokenRequestWithBody); err != nil {
		return nil, err
	}
	return c, nil
}

// CreateRoomClientToken asks for a client token for the room, and a refresh token.
//
// In params, TokenTTLSecs may be 10 to 3600 seconds and RefreshTokenTTLSecs 60 to 86400 seconds; zero leaves the choice
// to the server (600 and 3600). A nil roomID, a lifetime out of bounds or a missing API key gives an error that matches
// [ErrInvalidRequest], and nothing is sent. An answer other than the documented 201 gives an [*Error].
//
// In the spec: operation CreateRoomClientToken.
func (c *Client) CreateRoomClientToken(
	ctx context.Context, roomID uuid.UUID, params api.CreateRoomClientTokenRequest,
) (*ClientToken, error) {
	token, _, err := c.create(ctx, roomID, params)
	return token, err
}

func (c *Client) create(
	ctx context.Context, roomID uuid.UUID, params api.CreateRoomClientTokenRequest,
) (*ClientToken, *http.Response, error) {
	if err := checkCreate(roomID, params); err != nil {
		return nil, nil, failed(createOperation, err)
	}
	resp, err := c.createPrototype.send(ctx, roomID, params)
	if err != nil {
		return nil, nil, failed(createOperation, err)
	}
	var answer api.CreateRoomClientToken201Response
	if err := receive(createOperation, resp, &answer, &answer.Data.Token); err != nil {
		return nil, nil, err
	}
	return &answer.Data, resp, nil
}

// RefreshRoomClientToken trades a refresh token for a new client token. It sends no API key, and the refresh token stays
// good until it ends.
//
// In params, RefreshToken must not be empty and TokenTTLSecs may be 10 to 3600 seconds; zero leaves the choice to the
// server (600). What breaks these bounds, or a nil roomID, gives an error that matches [ErrInvalidRequest], and nothing
// is sent. An answer other than the documented 201 gives an [*Error].
//
// In the spec: operation RefreshRoomClientToken.
func (c *Client) RefreshRoomClientToken(
	ctx context.Context, roomID uuid.UUID, params api.RefreshRoomClientTokenRequest,
) (*RefreshedToken, error) {
	token, _, err := c.refresh(ctx, roomID, params)
	return token, err
}

func (c *Client) refresh(
	ctx context.Context, roomID uuid.UUID, params api.RefreshRoomClientTokenRequest,
) (*RefreshedToken, *http.Response, error) {
	if err := checkRefresh(roomID, params); err != nil {
		return nil, nil, failed(refreshOperation, err)
	}
	resp, err := c.refreshPrototype.send(ctx, roomID, params)
	if err != nil {
		return nil, nil, failed(refreshOperation, err)
	}
	var answer api.RefreshRoomClientToken201Response
	if err := receive(refreshOperation, resp, &answer, &answer.Data.Token); err != nil {
		return nil, nil, err
	}
	return &answer.Data, resp, nil
}

// API returns the generated client, for callers who want the *http.Response. It goes over the same transport with the
// same key, redirect and size guards; what this package checks before sending and after receiving is left to the caller.
func (c *Client) API() api.ClientInterface { return c.api }

// failed names what failed: the operation whose request was refused or got no answer, or the TokenSource.
func failed(what string, err error) error {
	return fmt.Errorf("roomtokens: %s: %w", what, err)
}
