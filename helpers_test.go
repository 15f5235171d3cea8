package roomtokens_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	apiKey       = "KEY0189_test-api-key"
	refreshToken = "eyJhbGciOiJFZDI1NTE5In0.eyJ0eXAiOiJyZWZyZXNoIn0.c2lnbmF0dXJl"
	clientToken  = "eyJhbGciOiJFZDI1NTE5In0.eyJ0eXAiOiJhY2Nlc3MifQ.c2lnbmF0dXJl"

	createdBody = `{"data":{"token":"` + clientToken + `","token_expires_at":"2026-01-01T00:10:00Z",` +
		`"refresh_token":"` + refreshToken + `","refresh_token_expires_at":"2026-01-01T01:00:00Z"}}`
)

var roomID = uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

// memory is an http.RoundTripper that calls a handler: no socket, no goroutine.
type memory http.HandlerFunc

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	m(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// newClient returns a client that never repeats a request to handler, unless opts say otherwise.
func newClient(tb testing.TB, handler http.HandlerFunc, opts ...roomtokens.Option) *roomtokens.Client {
	tb.Helper()
	opts = append([]roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{Transport: memory(handler)}), roomtokens.WithMaxRetries(0),
	}, opts...)
	client, err := roomtokens.New(apiKey, opts...)
	require.NoError(tb, err)
	return client
}

// newSource returns a source of tokens with the server's lifetimes.
func newSource(tb testing.TB, c *roomtokens.Client, opts ...roomtokens.SourceOption) *roomtokens.TokenSource {
	tb.Helper()
	source, err := c.TokenSource(roomID, api.CreateRoomClientTokenRequest{}, opts...)
	require.NoError(tb, err)
	return source
}

// respond is a handler that gives every request the same response.
func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func created(w http.ResponseWriter, req *http.Request) {
	respond(http.StatusCreated, "application/json", createdBody)(w, req)
}

// unreached is a handler for requests that must not be sent.
func unreached(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }
}

// script handles each request with the next of its steps, and all after that with the last.
func script(steps ...http.HandlerFunc) http.HandlerFunc {
	next := 0
	return func(w http.ResponseWriter, req *http.Request) {
		step := steps[min(next, len(steps)-1)]
		next++
		step(w, req)
	}
}

// withHeader is handler, whose response has one header more.
func withHeader(name, value string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set(name, value)
		handler(w, req)
	}
}

// retryAfter is a 429 that asks for a wait.
func retryAfter(value string) http.HandlerFunc {
	return withHeader("Retry-After", value,
		respond(http.StatusTooManyRequests, "application/json", `{"errors":[{"code":"10011","title":"Too many requests"}]}`))
}

// readBody returns the body of a request.
func readBody(t *testing.T, req *http.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	return string(body)
}

// create and refresh call an operation with valid parameters.
func create(t *testing.T, c *roomtokens.Client) (*roomtokens.ClientToken, error) {
	t.Helper()
	return c.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
}

func refresh(t *testing.T, c *roomtokens.Client) (*roomtokens.RefreshedToken, error) {
	t.Helper()
	return c.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken})
}

// refreshWith refreshes with another token than refreshToken.
func refreshWith(t *testing.T, c *roomtokens.Client, token secret.String) error {
	t.Helper()
	_, err := c.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: token})
	return err
}

// createThroughAPI calls the generated client, and closes the response.
func createThroughAPI(t *testing.T, c *roomtokens.Client) (*http.Response, error) {
	t.Helper()
	return closeBody(c.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}))
}

// callAll calls create and refresh, and then the same through API.
func callAll(t *testing.T, c *roomtokens.Client) {
	t.Helper()
	_, err := create(t, c)
	require.NoError(t, err)
	_, err = refresh(t, c)
	require.NoError(t, err)
	callGenerated(t.Context(), t, c.API())
}

// callGenerated calls create and refresh of a generated client.
func callGenerated(ctx context.Context, t *testing.T, client api.ClientInterface) {
	t.Helper()
	_, err := closeBody(client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{}))
	require.NoError(t, err)
	_, err = closeBody(client.RefreshRoomClientToken(ctx, roomID, api.RefreshRoomClientTokenRequest{}))
	require.NoError(t, err)
}

func closeBody(resp *http.Response, err error) (*http.Response, error) {
	if err == nil {
		err = resp.Body.Close()
	}
	return resp, err
}

// asError returns the *Error in err.
func asError(t *testing.T, err error) *roomtokens.Error {
	t.Helper()
	found, ok := errors.AsType[*roomtokens.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return found
}

// roundTrip is an http.RoundTripper of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// withTransport is an option for a transport of a test's own.
func withTransport(transport roundTrip) roomtokens.Option {
	return roomtokens.WithHTTPClient(&http.Client{Transport: transport})
}

// newFailingClient returns a client whose attempts fail without a response.
func newFailingClient(tb testing.TB, err error, opts ...roomtokens.Option) *roomtokens.Client {
	tb.Helper()
	fail := func(*http.Request) (*http.Response, error) { return nil, err }
	return newClient(tb, nil, append(opts, withTransport(fail))...)
}

// withMiddleware is an option for middleware of one function.
func withMiddleware(wrap func(*http.Request, http.RoundTripper) (*http.Response, error)) roomtokens.Option {
	return roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) { return wrap(req, next) })
	})
}

// stalled is a transport that never responds.
func stalled(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// withKeys is an option for API keys that are used one after the other.
func withKeys(keys ...string) roomtokens.Option {
	return roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
		next := keys[0]
		keys = keys[1:]
		return next, nil
	})
}

// editor is a request editor that cannot fail, and withEditor the option for one.
func editor(edit func(*http.Request)) api.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error { edit(req); return nil }
}

func withEditor(edit func(*http.Request)) roomtokens.Option {
	return roomtokens.WithRequestEditor(editor(edit))
}

// withLog is an option for a logger of every level, and what it writes.
func withLog() (roomtokens.Option, *bytes.Buffer) {
	var out bytes.Buffer
	handler := slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})
	return roomtokens.WithLogger(slog.New(handler)), &out
}
