package exchange

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// dialFunc is the DialContext of an http.Transport.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// silent is a connection on which nobody responds.
func silent(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		for { // until the client closes it
			if _, err := server.Read(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	}()
	return client, nil
}

// silentResolver never hears from its server.
func silentResolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

// droppedPackets is the control function of a socket whose peer cannot be reached.
func droppedPackets(ctx context.Context, _, _ string, _ syscall.RawConn) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestPhases has an attempt time out, or its call end, in each of its phases. It takes real time: package net keeps
// what a resolver makes, which must not be in a bubble.
func TestPhases(t *testing.T) {
	t.Parallel()
	for says, row := range map[string]struct {
		url  string
		dial dialFunc
	}{
		"resolving the host":       {"http://api.example", (&net.Dialer{Resolver: silentResolver()}).DialContext},
		"connecting":               {"http://127.0.0.1:9", (&net.Dialer{ControlContext: droppedPackets}).DialContext},
		"in the TLS handshake":     {"https://127.0.0.1:9", silent},
		"waiting for the response": {"http://127.0.0.1:9", silent},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			s := newSender(t, Config{AttemptTimeout: 200 * time.Millisecond})
			s.Connections().DialContext = row.dial
			result := send(t.Context(), t, s, row.url)
			require.ErrorIs(t, result.Err, context.DeadlineExceeded)
			require.EqualError(t, result.Err, "attempt timed out after 200ms while "+says+": context deadline exceeded")
			require.Equal(t, says, result.Phase())

			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			result = send(ctx, t, s, row.url)
			require.ErrorIs(t, result.Err, context.DeadlineExceeded)
			require.EqualError(t, result.Err, "while "+says+": context deadline exceeded")
		})
	}
}

// TestPhaseOfABody is that of a response whose header has come.
func TestPhaseOfABody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := roundTrip(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusCreated, Body: stalledBody{req.Context()}}, nil
		})
		result := send(t.Context(), t, newSender(t, Config{HTTPClient: &http.Client{Transport: transport}}), anyURL)
		require.ErrorContains(t, result.Err, "attempt timed out after 15s while reading the response")
	})
}

// stalledBody never ends by itself.
type stalledBody struct{ ctx context.Context }

func (b stalledBody) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
func (stalledBody) Close() error               { return nil }

// TestPhaseNeverGoesBack: a dial goes on after the attempt got another connection.
func TestPhaseNeverGoesBack(t *testing.T) {
	t.Parallel()
	var p progress
	require.Equal(t, "waiting for a connection", p.phase().String())
	p.reach(waitingForResponse)
	p.reach(resolving)
	require.Equal(t, waitingForResponse, p.phase())
}
