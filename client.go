package roomtokens

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// ClientToken is the result of CreateRoomClientToken: a client token, a refresh token, and the instants (UTC) at which
// they expire. The spec requires none of the four; [Client.CreateRoomClientToken] guarantees a non-empty Token.
type ClientToken = api.CreateRoomClientToken201ResponseData

// RefreshedToken is the result of RefreshRoomClientToken: a client token and the instant (UTC) at which it expires.
// [Client.RefreshRoomClientToken] guarantees a non-empty Token.
type RefreshedToken = api.RefreshRoomClientToken201ResponseData

// Client calls the room client token operations of the Telnyx API. It is safe for concurrent use. Printing it shows no
// secret.
type Client struct {
	requestBuilder
	key    keyFunc
	logger *slog.Logger
	sender *exchange.Sender
	api    *api.Client
}

// New returns a Client that authenticates with apiKey, a Telnyx API v2 key.
//
// An empty apiKey is refused unless [WithAPIKeyFunc] or [WithoutAPIKey] is given. An apiKey with white space or quotes
// in it, which is no bearer token (RFC 6750), or an option that is out of bounds, is refused too. The error matches
// [ErrInvalidRequest].
//
// The Client owns its connections, follows no redirect and reads no environment variable. Set a proxy or a certificate
// authority with [WithHTTPClient].
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
	c := &Client{key: cfg.key, logger: cfg.logger}
	cfg.exchange.Header = http.Header{"Accept": {"application/json"}, "User-Agent": {cfg.userAgent}}
	cfg.exchange.Authorize, cfg.exchange.Observe = cfg.key.authorize, attemptLog{cfg.logger}.observe
	if c.sender, err = exchange.New(cfg.exchange); err != nil {
		return nil, invalidOption("%v", err)
	}
	c.api, err = api.NewClient(cfg.baseURL, api.WithHTTPClient(generatedDoer{cfg.endpoints, c.sender}))
	if err != nil {
		return nil, err
	}
	c.api.RequestEditors = cfg.editors
	c.requestBuilder, err = newRequestBuilder(cfg, c.api.Server)
	return c, err
}

// CreateRoomClientToken creates a client token for the room, and a refresh token.
//
// In params, TokenTTLSecs may be 10 to 3600 seconds and RefreshTokenTTLSecs 60 to 86400 seconds; zero leaves the choice
// to the server (600 and 3600). A nil roomID, a lifetime out of bounds or a missing API key gives an error that matches
// [ErrInvalidRequest], and nothing is sent. A response other than the documented 201, or none, gives an [*Error].
//
// The editors run after those of [WithRequestEditor], on this call only.
//
// In the spec: operation CreateRoomClientToken.
func (c *Client) CreateRoomClientToken(
	ctx context.Context, roomID uuid.UUID, params api.CreateRoomClientTokenRequest, editors ...api.RequestEditorFn,
) (*ClientToken, error) {
	token, _, err := c.create(ctx, roomID, params, exchange.Call{}, editors)
	return token, err
}

func (c *Client) create(
	ctx context.Context, roomID uuid.UUID, params api.CreateRoomClientTokenRequest,
	call exchange.Call, editors []api.RequestEditorFn,
) (*ClientToken, *exchange.Result, error) {
	call.Operation = api.OperationCreateRoomClientToken
	req, err := c.newRequest(ctx, call.Operation, roomID, params)
	if err != nil {
		return nil, nil, wrapError(call.Operation, err)
	}
	var created api.CreateRoomClientToken201Response
	result, err := c.call(req, call, editors, &created)
	if err != nil {
		return nil, nil, err
	}
	if created.Data.Token == "" {
		return nil, nil, invalidResponse(result, missingToken)
	}
	return &created.Data, result, nil
}

// RefreshRoomClientToken trades a refresh token for a new client token. It sends no API key, and the refresh token
// stays valid until it expires.
//
// In params, RefreshToken must not be empty and TokenTTLSecs may be 10 to 3600 seconds; zero leaves the choice to the
// server (600). A nil roomID or params out of these bounds give an error that matches [ErrInvalidRequest], and nothing
// is sent. A response other than the documented 201, or none, gives an [*Error].
//
// The editors run after those of [WithRequestEditor], on this call only.
//
// In the spec: operation RefreshRoomClientToken.
func (c *Client) RefreshRoomClientToken(
	ctx context.Context, roomID uuid.UUID, params api.RefreshRoomClientTokenRequest, editors ...api.RequestEditorFn,
) (*RefreshedToken, error) {
	token, _, err := c.refresh(ctx, roomID, params, exchange.Call{}, editors)
	return token, err
}

func (c *Client) refresh(
	ctx context.Context, roomID uuid.UUID, params api.RefreshRoomClientTokenRequest,
	call exchange.Call, editors []api.RequestEditorFn,
) (*RefreshedToken, *exchange.Result, error) {
	call.Operation = api.OperationRefreshRoomClientToken
	req, err := c.newRequest(ctx, call.Operation, roomID, params)
	if err != nil {
		return nil, nil, wrapError(call.Operation, err)
	}
	var refreshed api.RefreshRoomClientToken201Response
	result, err := c.call(req, call, editors, &refreshed)
	if err != nil {
		return nil, nil, err
	}
	if refreshed.Data.Token == "" {
		return nil, nil, invalidResponse(result, missingToken)
	}
	return &refreshed.Data, result, nil
}

const missingToken = "body/data/token is missing or empty"

// call has the editors see the request of an operation, sends it, and decodes its success response into out.
func (c *Client) call(
	req *http.Request, call exchange.Call, editors []api.RequestEditorFn, out any,
) (*exchange.Result, error) {
	if err := c.edit(req, call.Operation, editors); err != nil {
		return nil, wrapError(call.Operation, err)
	}
	result, err := send(c.sender, req, call)
	if err != nil {
		return nil, err
	}
	return result, decode(result, out)
}

// API returns the generated client, for callers who want the *http.Response. It uses the same connections, key,
// retries, redirect and size guards; what this package checks before sending and after receiving is left to the caller.
// A request to which editors give a method or a path of no operation is refused: nothing else says if it takes the key.
// A body that is given as an [io.Reader] is read before the first attempt, and no timeout bounds that.
func (c *Client) API() api.ClientInterface { return c.api }

// CloseIdleConnections closes the connections that no call is using. It does not interrupt calls, and the Client stays
// usable. Call it when a Client is dropped; otherwise its idle connections close after 90 s.
func (c *Client) CloseIdleConnections() { c.sender.CloseIdleConnections() }
