//go:build conformance

// Package conformance_test checks client and fake against how others read the API. The client calls Stoplight Prism, a
// mock that validates requests and makes responses by openapi.yaml alone; Telnyx's official Node SDK calls the fake, as
// "roomtokens mock". It needs Node.js and the packages of package-lock.json.
package conformance_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	apiKey       = "KEY-for-the-mock"
	refreshToken = secret.String("a-refresh-token-for-the-mock")
)

func room() uuid.UUID { return uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60") }

// watch is an http.RoundTripper that counts requests and fails the test where Prism finds a fault with its own
// response.
type watch struct {
	t    *testing.T
	sent int
}

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	w.sent++
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && resp.Header.Get("Sl-Violations") != "" {
		w.t.Errorf("Prism responded to %s with %s", req.URL.Path, resp.Header.Get("Sl-Violations"))
	}
	return resp, err
}

func (w *watch) client() *http.Client { return &http.Client{Transport: w} }

func wrapper(t *testing.T, p *prism, w *watch, opts ...roomtokens.Option) *roomtokens.Client {
	t.Helper()
	client, err := roomtokens.New(apiKey, append(opts,
		roomtokens.WithBaseURL(p.url), roomtokens.WithHTTPClient(w.client()), roomtokens.WithMaxRetries(0))...)
	require.NoError(t, err)
	return client
}

func bare(t *testing.T, p *prism, w *watch, opts ...api.ClientOption) *api.ClientWithResponses {
	t.Helper()
	client, err := api.NewClientWithResponses(p.url, append(opts, api.WithHTTPClient(w.client()))...)
	require.NoError(t, err)
	return client
}

// prefer asks Prism for the documented response with a status.
func prefer(status string) api.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Prefer", "code="+status)
		return nil
	}
}

// requireNoViolation stops the mock, which must have passed every request and complained of nothing.
func requireNoViolation(t *testing.T, p *prism, w *watch) {
	t.Helper()
	p.stop(t)
	require.Positive(t, w.sent)
	require.Equal(t, w.sent, p.received())
	require.Equal(t, w.sent, p.passed())
	require.Empty(t, p.violations())
}

func createRequests() map[string]api.CreateRoomClientTokenRequest {
	return map[string]api.CreateRoomClientTokenRequest{
		"defaults": {},
		"lowest": {
			TokenTTLSecs:        api.CreateRoomClientTokenRequestTokenTTLSecsMin,
			RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin,
		},
		"highest": {
			TokenTTLSecs:        api.CreateRoomClientTokenRequestTokenTTLSecsMax,
			RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax,
		},
	}
}

func refreshRequests() map[string]api.RefreshRoomClientTokenRequest {
	return map[string]api.RefreshRoomClientTokenRequest{
		"defaults": {RefreshToken: refreshToken},
		"lowest":   {RefreshToken: refreshToken, TokenTTLSecs: api.CreateRoomClientTokenRequestTokenTTLSecsMin},
		"highest":  {RefreshToken: refreshToken, TokenTTLSecs: api.CreateRoomClientTokenRequestTokenTTLSecsMax},
	}
}
