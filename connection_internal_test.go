package roomtokens

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// network connects a client to a server in memory, and can let the connections that there are go dead: what is sent
// over them is lost, and neither side hears of it.
type network struct {
	accept chan net.Conn
	dials  atomic.Int64
	dead   atomic.Int64 // so many of the first connections
}

func (n *network) loseConnections() { n.dead.Store(n.dials.Load()) }

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	n.accept <- server
	return &networkConn{client, n, n.dials.Add(1)}, nil
}

// networkConn is the client's end of a connection.
type networkConn struct {
	net.Conn
	network *network
	number  int64
}

func (c *networkConn) isDead() bool { return c.number <= c.network.dead.Load() }

func (c *networkConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.isDead() {
			return n, err
		}
	}
}

func (c *networkConn) Write(p []byte) (int, error) {
	if c.isDead() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Accept, Close and Addr implement net.Listener.
func (n *network) Accept() (net.Conn, error) {
	conn, ok := <-n.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (n *network) Close() error { close(n.accept); return nil }
func (*network) Addr() net.Addr { return &net.TCPAddr{} }

// newNetworkClient returns a client with the package's own connection pool, and the network between it and handler.
func newNetworkClient(t *testing.T, http2 bool, handler http.HandlerFunc, opts ...Option) (*Client, *network) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	n := &network{accept: make(chan net.Conn)}
	server := &http.Server{Handler: handler, Protocols: &protocols}
	go func() { _ = server.Serve(n) }()
	t.Cleanup(func() { _ = server.Close() })
	client, err := New("KEY", append(opts, WithBaseURL("http://127.0.0.1/v2"))...)
	require.NoError(t, err)
	pool := client.sender.transport.pool.connections()
	pool.DialContext, pool.Protocols = n.dial, &protocols
	t.Cleanup(client.CloseIdleConnections)
	return client, n
}

func createOn(ctx context.Context, client *Client) error {
	_, err := client.CreateRoomClientToken(ctx, uuid.Max, api.CreateRoomClientTokenRequest{})
	return err
}

func serveToken(w http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"data":{"token":"t"}}`)
}

// serveSlowly takes a second, so that calls at once over HTTP/1.1 need connections of their own.
func serveSlowly(w http.ResponseWriter, req *http.Request) {
	time.Sleep(time.Second)
	serveToken(w, req)
}

func TestDeadConnectionsCostOneRetry(t *testing.T) {
	t.Parallel()
	const callers = 128
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, n := newNetworkClient(t, http2, serveSlowly)
				callAtOnce(t, client, callers)
				callAtOnce(t, client, callers)
				if !http2 {
					require.EqualValues(t, callers, n.dials.Load(), "idle connections are kept, for so many")
				}
				n.loseConnections()
				began := time.Now()
				require.NoError(t, createOn(t.Context(), client))
				require.Less(t, time.Since(began), 20*time.Second)
				callAtOnce(t, client, callers)
				require.Less(t, time.Since(began), 22*time.Second, "no other dead connection is in the pool")
			})
		})
	}
}

func callAtOnce(t *testing.T, client *Client, callers int) {
	t.Helper()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() { assert.NoError(t, createOn(t.Context(), client)) })
	}
	group.Wait()
}

// TestPingsFindADeadConnection: while a call waits for its one attempt to time out, the calls after it wait no longer.
func TestPingsFindADeadConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, true, serveToken)
		require.NoError(t, createOn(t.Context(), client))
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				began := time.Now()
				if assert.NoError(t, createOn(t.Context(), client)) {
					assert.Less(t, time.Since(began), 11*time.Second)
				}
			})
			time.Sleep(time.Second)
		}
		group.Wait()
	})
}

// TestSlowDialsServeTheNextAttempt: an attempt that is too short for its dial does not throw the connection away.
func TestSlowDialsServeTheNextAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, false, serveToken, WithAttemptTimeout(time.Second))
		dialSlowly := func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(1500 * time.Millisecond)
			return n.dial(ctx, network, address)
		}
		client.sender.transport.pool.connections().DialContext = dialSlowly
		require.NoError(t, createOn(t.Context(), client))
		time.Sleep(time.Minute) // until the next attempt's own dial has ended
	})
}

// TestSwitchingProtocols: what follows a 101 is no body, and reading it would never end.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := newNetworkClient(t, false, func(w http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			assert.NoError(t, err)
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = conn.Read(make([]byte, 1)) // until the client closes it
		})
		began := time.Now()
		refused, ok := errors.AsType[*Error](createOn(t.Context(), client))
		require.True(t, ok)
		require.Equal(t, http.StatusSwitchingProtocols, refused.StatusCode)
		require.Equal(t, 1, refused.Attempts)
		require.Zero(t, time.Since(began))
	})
}

// TestContextsThatEndBeforeAnAttempt: only the first of them ends on a dead connection.
func TestContextsThatEndBeforeAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, false, serveSlowly)
		callAtOnce(t, client, 50)
		n.loseConnections()
		failed := 0
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if createOn(ctx, client) != nil {
				failed++
			}
			cancel()
		}
		require.Equal(t, 1, failed)
	})
}

// TestAttemptsThatEndBeforeAPing: each second attempt is on another connection.
func TestAttemptsThatEndBeforeAPing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, true, serveToken, WithAttemptTimeout(time.Second), WithMaxRetries(1))
		require.NoError(t, createOn(t.Context(), client))
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { assert.NoError(t, createOn(t.Context(), client)) })
			time.Sleep(100 * time.Millisecond)
		}
		group.Wait()
		require.LessOrEqual(t, n.dials.Load(), int64(3))
	})
}
