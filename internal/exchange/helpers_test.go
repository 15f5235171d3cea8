package exchange

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

const (
	create  = api.OperationCreateRoomClientToken
	refresh = api.OperationRefreshRoomClientToken
)

// newSender returns a Sender with what cfg leaves out: one attempt of 15 s at most, no key, and no observer.
func newSender(tb testing.TB, cfg Config) *Sender {
	tb.Helper()
	if cfg.AttemptTimeout == 0 {
		cfg.AttemptTimeout = 15 * time.Second
	}
	if cfg.Authorize == nil {
		cfg.Authorize = func(context.Context, api.Operation) (string, error) { return "", nil }
	}
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, *Result, time.Duration, bool) {}
	}
	s, err := New(cfg)
	require.NoError(tb, err)
	return s
}

// send makes a call that can be authorized, and returns its last result.
func send(ctx context.Context, t *testing.T, s *Sender, url string) *Result {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("body"))
	require.NoError(t, err)
	result, err := s.Send(req, Call{Operation: create})
	require.NoError(t, err)
	return result
}

const anyURL = "https://api.example/v2/rooms"

// roundTrip is an http.RoundTripper of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// memory is an http.Client whose transport calls a handler: no socket, no goroutine.
func memory(handler http.HandlerFunc) *http.Client {
	return &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		handler(recorder, req)
		return recorder.Result(), nil
	})}
}

// respond is a handler that gives every request the same status.
func respond(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// busy is a handler that asks to come back after a second.
func busy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
}

// stalled is a transport that never responds.
func stalled(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// loopback is a TLS server that counts its connections, and a Sender with connections of its own that trusts it.
func loopback(t *testing.T, http2 bool, handler http.HandlerFunc, cfg Config) (*Sender, string, *atomic.Int64) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // callers that close a connection early
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	s := newSender(t, cfg)
	s.Connections().TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	t.Cleanup(s.CloseIdleConnections)
	return s, server.URL, &connections
}
