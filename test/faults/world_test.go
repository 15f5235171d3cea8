// Package faults_test holds the client against networks and servers that fail, with package roomtokenstest as the
// server: a matrix of faults and a soak of token sources in virtual time, calls over real sockets on loopback, and
// bounds on memory. What one response or one function can show is in the tests of package roomtokens.
package faults_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

var roomID = uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

// world is a client and a server in a bubble of virtual time, with the server's network in memory between them. The
// client has keep-alive.
type world struct {
	server       *roomtokenstest.Server
	client       *roomtokens.Client
	refreshToken secret.String

	attempts int
}

// newWorld has the first dials connect as f says, and the first requests meet its server's faults: times in all.
func newWorld(t *testing.T, f fault, times, retries int) *world {
	t.Helper()
	w := &world{server: roomtokenstest.NewServer(roomtokenstest.WithTB(t))}
	token, err := w.server.Client().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	w.refreshToken = token.RefreshToken
	w.server.Inject(slices.Repeat(f.server, times)...)
	httpClient := w.server.HTTPClient()
	pool := httpClient.Transport.(*http.Transport)
	pool.DisableKeepAlives = false
	connect := pool.DialContext
	var dials atomic.Int64
	pool.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= int64(times) && f.dial != nil {
			return f.dial(ctx, connect)
		}
		return connect(ctx, network, address)
	}
	w.client = w.server.Client(roomtokens.WithHTTPClient(httpClient), roomtokens.WithMaxRetries(retries),
		roomtokens.WithMiddleware(w.countAttempts))
	return w
}

// countAttempts is middleware.
func (w *world) countAttempts(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		w.attempts++
		return next.RoundTrip(req)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// call returns how a call ended, and after what time. It waits for no goroutine: synctest fails if one is left.
func (w *world) call(ctx context.Context, operation api.Operation) (secret.String, time.Duration, error) {
	began := time.Now()
	token, err := call(ctx, w.client, operation, roomID, w.refreshToken)
	took := time.Since(began)
	w.client.CloseIdleConnections()
	return token, took, err
}

// operations are those that the server performs.
func operations() []api.Operation {
	return []api.Operation{api.OperationCreateRoomClientToken, api.OperationRefreshRoomClientToken}
}

// call runs one of the operations.
func call(
	ctx context.Context, c *roomtokens.Client, operation api.Operation, room uuid.UUID, refreshToken secret.String,
) (secret.String, error) {
	if operation == api.OperationRefreshRoomClientToken {
		token, err := c.RefreshRoomClientToken(ctx, room, api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken})
		if err != nil {
			return "", err
		}
		return token.Token, nil
	}
	token, err := c.CreateRoomClientToken(ctx, room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		return "", err
	}
	return token.Token, nil
}

// dialFunc is the DialContext of an http.Transport.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer dials in the way of a fault; connect makes a connection that works.
type dialer func(ctx context.Context, connect dialFunc) (net.Conn, error)

func refused(context.Context, dialFunc) (net.Conn, error) {
	return nil, opError("connect", syscall.ECONNREFUSED)
}

func stalledDial(ctx context.Context, _ dialFunc) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// opError is what package net returns for a failed system call.
func opError(call string, errno syscall.Errno) error {
	return &net.OpError{Op: call, Net: "tcp", Err: os.NewSyscallError(call, errno)}
}

// reader reads from a connection as io.Reader does; ctx ends when the client closes it.
type reader func(ctx context.Context, conn net.Conn, p []byte) (int, error)

// after returns a dialer of connections from which the client can read n bytes. What follows is up to next.
func after(n int, next reader) dialer {
	return func(ctx context.Context, connect dialFunc) (net.Conn, error) {
		conn, err := connect(ctx, "tcp", "")
		ctx, cancel := context.WithCancel(context.Background())
		return &faultyConn{Conn: conn, left: n, next: next, ctx: ctx, cancel: cancel}, err
	}
}

type faultyConn struct {
	net.Conn
	left   int // bytes that can be read
	next   reader
	ctx    context.Context
	cancel func()

	responding bool
}

// Read fails when the server responds at the earliest: net/http is not to write on a connection that has failed.
func (c *faultyConn) Read(p []byte) (int, error) {
	if c.left == 0 && !c.responding {
		_, _ = c.Conn.Read(make([]byte, 1))
	}
	c.responding = true
	if c.left == 0 {
		return c.next(c.ctx, c.Conn, p)
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func (c *faultyConn) Close() error {
	c.cancel()
	return c.Conn.Close()
}

func reset(context.Context, net.Conn, []byte) (int, error) {
	return 0, opError("read", syscall.ECONNRESET)
}

func closed(context.Context, net.Conn, []byte) (int, error) { return 0, io.EOF }

func stalled(ctx context.Context, _ net.Conn, _ []byte) (int, error) {
	<-ctx.Done()
	return 0, net.ErrClosed
}

// slow returns a reader that takes a time for each n bytes.
func slow(n int, each time.Duration) reader {
	return func(ctx context.Context, conn net.Conn, p []byte) (int, error) {
		select {
		case <-time.After(each):
			return conn.Read(p[:min(len(p), n)])
		case <-ctx.Done():
			return 0, net.ErrClosed
		}
	}
}
