package roomtokens_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	apiKey       = "KEY0189_test-api-key"
	refreshToken = "eyJhbGciOiJFZDI1NTE5In0.eyJ0eXAiOiJyZWZyZXNoIn0.c2lnbmF0dXJl"
	clientToken  = "eyJhbGciOiJFZDI1NTE5In0.eyJ0eXAiOiJhY2Nlc3MifQ.c2lnbmF0dXJl"

	createdBody = `{"data":{"token":"` + clientToken + `","token_expires_at":"2026-01-01T00:10:00Z",` +
		`"refresh_token":"` + refreshToken + `","refresh_token_expires_at":"2026-01-01T01:00:00Z"}}`
	refreshedBody = `{"data":{"token":"` + clientToken + `","token_expires_at":"2026-01-01T00:10:00Z"}}`
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
func newClient(t *testing.T, handler http.HandlerFunc, opts ...roomtokens.Option) *roomtokens.Client {
	t.Helper()
	opts = append([]roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{Transport: memory(handler)}), roomtokens.WithMaxRetries(0),
	}, opts...)
	client, err := roomtokens.New(apiKey, opts...)
	require.NoError(t, err)
	return client
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

// create and refresh call an operation with parameters that are in order.
func create(t *testing.T, c *roomtokens.Client) (*roomtokens.ClientToken, error) {
	t.Helper()
	return c.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
}

func refresh(t *testing.T, c *roomtokens.Client) (*roomtokens.RefreshedToken, error) {
	t.Helper()
	return c.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken})
}

// readBody returns the body of a request.
func readBody(t *testing.T, req *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	return string(body)
}

// roundTrip is an http.RoundTripper of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// withTransport is an option for a transport of a test's own.
func withTransport(transport roundTrip) roomtokens.Option {
	return roomtokens.WithHTTPClient(&http.Client{Transport: transport})
}

// stalled is a transport that never responds.
func stalled(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}
