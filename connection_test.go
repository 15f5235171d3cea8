package roomtokens_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// network is what is between a client and its server, in memory. It can lose the connections that there are: what is
// sent over them from then on goes nowhere, and neither end gets an error.
type network struct {
	accept chan net.Conn
	dials  atomic.Int64
	lost   atomic.Int64 // how many of the dials, from the first on
}

func (n *network) loseConnections() { n.lost.Store(n.dials.Load()) }

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

func (c *networkConn) isLost() bool { return c.number <= c.network.lost.Load() }

func (c *networkConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.isLost() {
			return n, err
		}
	}
}

func (c *networkConn) Write(p []byte) (int, error) {
	if c.isLost() {
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

// newNetworkClient returns a client with the package's own connection pool, and the network between it and a server
// that takes some time for each response.
func newNetworkClient(
	t *testing.T, http2 bool, takes time.Duration, opts ...roomtokens.Option,
) (*roomtokens.Client, *network) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	n := &network{accept: make(chan net.Conn)}
	handler := func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(takes)
		created(w, req)
	}
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(handler)}
	go func() { _ = server.Serve(n) }()
	t.Cleanup(func() { _ = server.Close() })
	client, err := roomtokens.New(apiKey, append(opts, roomtokens.WithBaseURL("http://127.0.0.1/v2"))...)
	require.NoError(t, err)
	pool := roomtokens.OwnTransport(client)
	pool.DialContext, pool.Protocols = n.dial, &protocols
	t.Cleanup(client.CloseIdleConnections)
	return client, n
}

// callAtOnce makes calls that need a connection each over HTTP/1.1, where a response takes time.
func callAtOnce(t *testing.T, client *roomtokens.Client, callers int) {
	t.Helper()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			_, err := create(t, client)
			assert.NoError(t, err)
		})
	}
	group.Wait()
}

// TestIdleConnectionsAreKeptForManyCallers is in virtual time. On sockets, net/http closes a connection whose response
// was there 50 ms before the goroutine that writes had noted the end of the request, as happens on a busy machine.
func TestIdleConnectionsAreKeptForManyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const callers = 128
		client, n := newNetworkClient(t, false, time.Second)
		for range 5 {
			callAtOnce(t, client, callers)
			require.EqualValues(t, callers, n.dials.Load())
		}
	})
}

func TestDeadConnectionsCostOneRetry(t *testing.T) {
	t.Parallel()
	const callers = 128
	inBubbles(t, map[string]bool{"HTTP/1.1": false, "HTTP/2": true}, func(t *testing.T, _ string, http2 bool) {
		client, n := newNetworkClient(t, http2, time.Second)
		callAtOnce(t, client, callers)
		n.loseConnections()
		began := time.Now()
		_, err := create(t, client)
		require.NoError(t, err)
		require.Less(t, time.Since(began), 20*time.Second)
		callAtOnce(t, client, callers)
		require.Less(t, time.Since(began), 22*time.Second, "no other dead connection is in the pool")
	})
}

// TestPingsFindADeadConnection: while a call waits for its one attempt to time out, the calls after it wait no longer.
func TestPingsFindADeadConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, true, 0)
		callAtOnce(t, client, 1)
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				began := time.Now()
				_, err := create(t, client)
				if assert.NoError(t, err) {
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
		client, n := newNetworkClient(t, false, 0, roomtokens.WithAttemptTimeout(time.Second))
		roomtokens.OwnTransport(client).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(1500 * time.Millisecond)
			return n.dial(ctx, network, address)
		}
		callAtOnce(t, client, 1)
		time.Sleep(time.Minute) // until the next attempt's own dial has ended
	})
}

// TestContextsThatEndBeforeAnAttempt: only the first of them ends on a dead connection.
func TestContextsThatEndBeforeAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, false, time.Second)
		callAtOnce(t, client, 50)
		n.loseConnections()
		failed := 0
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
			if err != nil {
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
		client, n := newNetworkClient(t, true, 0, roomtokens.WithAttemptTimeout(time.Second), roomtokens.WithMaxRetries(1))
		callAtOnce(t, client, 1)
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { callAtOnce(t, client, 1) })
			time.Sleep(100 * time.Millisecond)
		}
		group.Wait()
		require.LessOrEqual(t, n.dials.Load(), int64(3))
	})
}
