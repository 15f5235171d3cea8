package roomtokens

import (
	"context"
	"fmt"
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
	accept  chan net.Conn
	dials   atomic.Int64
	latency time.Duration // one way

	mu   sync.Mutex
	dead chan struct{} // closed when the connections of now go dead
}

func newNetwork() *network {
	return &network{accept: make(chan net.Conn), dead: make(chan struct{})}
}

func (n *network) loseConnections() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.dead)
	n.dead = make(chan struct{})
}

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	n.dials.Add(1)
	client, clientSide := net.Pipe()
	serverSide, server := net.Pipe()
	n.mu.Lock()
	defer n.mu.Unlock()
	go n.forward(serverSide, clientSide, n.dead)
	go n.forward(clientSide, serverSide, n.dead)
	n.accept <- server
	return client, nil
}

func (n *network) forward(to, from net.Conn, dead <-chan struct{}) {
	type packet struct {
		data []byte
		at   time.Time
	}
	packets := make(chan packet, 1000)
	go func() {
		for p := range packets {
			time.Sleep(time.Until(p.at))
			_, _ = to.Write(p.data)
		}
		_ = to.Close()
	}()
	defer close(packets)
	for {
		buffer := make([]byte, 64<<10)
		size, err := from.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-dead:
		default:
			packets <- packet{buffer[:size], time.Now().Add(n.latency)}
		}
	}
}

// Accept, Close and Addr implement net.Listener.
func (n *network) Accept() (net.Conn, error) {
	conn, ok := <-n.accept
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (n *network) Close() error   { close(n.accept); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

// newNetworkClient returns a client with the package's own connection pool, and the network between it and handler.
func newNetworkClient(
	t *testing.T, http2 bool, handler http.HandlerFunc, opts ...Option,
) (*Client, *network) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	n := newNetwork()
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

func TestDeadConnectionsCostOneRetry(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		http2  bool
		atOnce int // callers, and over HTTP/1.1 connections
	}{{false, 1}, {false, 50}, {true, 1}, {true, 50}} {
		t.Run(fmt.Sprintf("HTTP/2 %v, %d callers", row.http2, row.atOnce), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, n := newNetworkClient(t, row.http2, func(w http.ResponseWriter, req *http.Request) {
					time.Sleep(time.Second) // so that calls at once need connections of their own
					serveToken(w, req)
				})
				callAtOnce(t, client, row.atOnce)
				if !row.http2 {
					require.EqualValues(t, row.atOnce, n.dials.Load(), "the pool is full")
				}
				n.loseConnections()
				began := time.Now()
				require.NoError(t, createOn(t.Context(), client))
				require.Less(t, time.Since(began), 20*time.Second)
				callAtOnce(t, client, row.atOnce)
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
		err := createOn(t.Context(), client)
		var refused *Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, http.StatusSwitchingProtocols, refused.StatusCode)
		require.Equal(t, 1, refused.Attempts)
		require.Zero(t, time.Since(began))
	})
}

// TestDeadConnectionsWithOtherTimeouts has contexts that end before an attempt does, and attempts that end soon.
func TestDeadConnectionsWithOtherTimeouts(t *testing.T) {
	t.Parallel()
	t.Run("callers of 5 s over HTTP/1.1", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, n := newNetworkClient(t, false, func(w http.ResponseWriter, req *http.Request) {
				time.Sleep(time.Second)
				serveToken(w, req)
			})
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
	})
	t.Run("attempts of 1 s over HTTP/2", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, n := newNetworkClient(t, true, serveToken, WithAttemptTimeout(time.Second), WithMaxRetries(1))
			require.NoError(t, createOn(t.Context(), client))
			n.loseConnections()
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() { assert.NoError(t, createOn(t.Context(), client), "the second attempt dials") })
				time.Sleep(100 * time.Millisecond)
			}
			group.Wait()
			require.LessOrEqual(t, n.dials.Load(), int64(3))
		})
	})
	t.Run("attempts of 2 s over HTTP/2", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, n := newNetworkClient(t, true, serveToken, WithAttemptTimeout(2*time.Second))
			require.NoError(t, createOn(t.Context(), client))
			n.loseConnections()
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() { assert.NoError(t, createOn(t.Context(), client)) })
				time.Sleep(200 * time.Millisecond)
			}
			group.Wait()
		})
	})
}

// TestSlowLinksAreNotDead, however short the attempts.
func TestSlowLinksAreNotDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, n := newNetworkClient(t, true, func(w http.ResponseWriter, req *http.Request) {
			time.Sleep(550 * time.Millisecond)
			serveToken(w, req)
		}, WithAttemptTimeout(time.Second), WithMaxRetries(0))
		n.latency = 200 * time.Millisecond
		var group sync.WaitGroup
		for range 24 {
			group.Go(func() { assert.NoError(t, createOn(t.Context(), client)) })
			time.Sleep(50 * time.Millisecond)
		}
		group.Wait()
	})
}
