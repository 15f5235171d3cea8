package exchange

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// network is what is between a client and its server, in memory. It can lose the connections that there are: what is
// sent over them from then on goes nowhere, and neither end gets an error.
type network struct {
	accept chan net.Conn
	dials  atomic.Int64
	lost   atomic.Int64 // how many of the dials, from the first on
	closed atomic.Int64 // by the client
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

func (c *networkConn) Close() error {
	c.network.closed.Add(1)
	return c.Conn.Close()
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

// newNetworkSender returns a Sender with connections of its own, and the network between it and a server that takes
// some time for each response.
func newNetworkSender(t *testing.T, http2 bool, takes time.Duration, cfg Config) (*Sender, *network) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	n := &network{accept: make(chan net.Conn)}
	handler := func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(takes)
		w.WriteHeader(http.StatusCreated)
	}
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(handler)}
	go func() { _ = server.Serve(n) }()
	t.Cleanup(func() { _ = server.Close() })
	cfg.MaxRetries = cmp.Or(cfg.MaxRetries, 2)
	s := newSender(t, cfg)
	pool := s.Connections()
	pool.DialContext, pool.Protocols = n.dial, &protocols
	t.Cleanup(s.CloseIdleConnections)
	return s, n
}

const networkURL = "http://127.0.0.1/v2"

// callAtOnce makes calls that need a connection each over HTTP/1.1, where a response takes time.
func callAtOnce(t *testing.T, s *Sender, callers int) {
	t.Helper()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() { assert.Equal(t, http.StatusCreated, send(t.Context(), t, s, networkURL).Status()) })
	}
	group.Wait()
}

// TestConnectionsAreReused, whichever way a body ends, and below middleware, until the Sender is told to close them.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"201": respond(http.StatusCreated),
		"500 with a body of many chunks": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(make([]byte, 900<<10))
		},
		"307": respond(http.StatusTemporaryRedirect),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, url, connections := loopback(t, false, handler, Config{
				Middleware: []func(http.RoundTripper) http.RoundTripper{
					func(next http.RoundTripper) http.RoundTripper { return roundTrip(next.RoundTrip) },
				},
			})
			for range 10 {
				send(t.Context(), t, s, url)
			}
			require.EqualValues(t, 1, connections.Load())
			s.CloseIdleConnections()
			send(t.Context(), t, s, url)
			require.EqualValues(t, 2, connections.Load())
		})
	}
}

// pooled is a transport that counts how often it is asked to close its connections.
type pooled struct {
	roundTrip
	emptied *int
}

func (p pooled) CloseIdleConnections() { *p.emptied++ }

// TestPoolOfTheCaller is closed when the Sender is told to, and not when an attempt fails.
func TestPoolOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		emptied := 0
		s := newSender(t, Config{HTTPClient: &http.Client{Transport: pooled{stalled, &emptied}}, AttemptTimeout: 1})
		require.Nil(t, s.Connections())
		require.ErrorIs(t, send(t.Context(), t, s, anyURL).Err, context.DeadlineExceeded)
		require.Zero(t, emptied)
		s.CloseIdleConnections()
		require.Equal(t, 1, emptied)
		newSender(t, Config{HTTPClient: &http.Client{Transport: roundTrip(stalled)}}).CloseIdleConnections() // that has none
	})
}

func TestBoundsOfThePool(t *testing.T) {
	t.Parallel()
	pool := newSender(t, Config{}).Connections()
	require.Positive(t, pool.TLSHandshakeTimeout)
	require.Less(t, pool.TLSHandshakeTimeout, 15*time.Second, "the default of an attempt")
	require.Equal(t, 90*time.Second, pool.IdleConnTimeout, "as CloseIdleConnections says")
	require.Equal(t, 5*time.Second, pool.HTTP2.SendPingTimeout)
	require.Equal(t, 5*time.Second, pool.HTTP2.PingTimeout, "a slow link is not dead")
	require.EqualValues(t, 64<<10, pool.MaxResponseHeaderBytes)
	require.EqualValues(t, tls.VersionTLS12, pool.TLSClientConfig.MinVersion)
	require.GreaterOrEqual(t, pool.MaxIdleConnsPerHost, 128)
	require.Equal(t, pool.MaxIdleConns, pool.MaxIdleConnsPerHost, "there is one host")
	require.False(t, pool.DisableCompression)
	require.True(t, pool.ForceAttemptHTTP2)
	require.Nil(t, pool.Proxy, "the environment is not read")
}

func TestDeadConnectionsCostOneRetry(t *testing.T) {
	t.Parallel()
	const callers = 128
	for _, http2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, n := newNetworkSender(t, http2, time.Second, Config{})
			callAtOnce(t, s, callers)
			n.loseConnections()
			began := time.Now()
			require.Equal(t, http.StatusCreated, send(t.Context(), t, s, networkURL).Status())
			require.Less(t, time.Since(began), 20*time.Second)
			callAtOnce(t, s, callers)
			require.Less(t, time.Since(began), 22*time.Second, "no other dead connection is in the pool")
		})
	}
}

// TestPingsFindADeadConnection: while a call waits for its one attempt to time out, the calls after it wait no longer.
func TestPingsFindADeadConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, n := newNetworkSender(t, true, 0, Config{})
		callAtOnce(t, s, 1)
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				began := time.Now()
				assert.Equal(t, http.StatusCreated, send(t.Context(), t, s, networkURL).Status())
				assert.Less(t, time.Since(began), 11*time.Second)
			})
			time.Sleep(time.Second)
		}
		group.Wait()
	})
}

// TestContextsThatEndBeforeAnAttempt: only the first of them ends on a dead connection, however long an attempt may
// take.
func TestContextsThatEndBeforeAnAttempt(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{15 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s, n := newNetworkSender(t, false, time.Second, Config{AttemptTimeout: timeout})
			callAtOnce(t, s, 50)
			n.loseConnections()
			failed := 0
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if send(ctx, t, s, networkURL).Err != nil {
					failed++
				}
				cancel()
			}
			require.Equal(t, 1, failed)
		})
	}
}

// TestAttemptsThatEndBeforeAPing: each second attempt is on another connection.
func TestAttemptsThatEndBeforeAPing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, n := newNetworkSender(t, true, 0, Config{AttemptTimeout: time.Second, MaxRetries: 1})
		callAtOnce(t, s, 1)
		n.loseConnections()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { callAtOnce(t, s, 1) })
			time.Sleep(100 * time.Millisecond)
		}
		group.Wait()
		require.LessOrEqual(t, n.dials.Load(), int64(3))
	})
}

// TestWaitingForAConnection is no sign of a dead one, and the error says what the attempt waited for.
func TestWaitingForAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newNetworkSender(t, false, 12*time.Second, Config{MaxRetries: -1})
		connections := s.Connections()
		connections.MaxConnsPerHost = 1
		callAtOnce(t, s, 1)
		phases := make([]string, 3)
		var group sync.WaitGroup
		for i := range phases {
			group.Go(func() { phases[i] = send(t.Context(), t, s, networkURL).Phase() })
		}
		group.Wait()
		require.ElementsMatch(t,
			[]string{"reading the response", "waiting for a connection", "waiting for the response"}, phases)
		require.Same(t, connections, s.Connections())
		time.Sleep(12 * time.Second) // until the server has responded to whoever has gone
	})
}

// TestBurst: calls at once on a new Sender do not each dial, and none is lost.
func TestBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, n := newNetworkSender(t, false, time.Second, Config{})
		callAtOnce(t, s, 2000)
		require.LessOrEqual(t, n.dials.Load(), int64(1000))
	})
}

// TestConnectionsAge: under steady load, too, a connection is used for five minutes at most, and then closed.
func TestConnectionsAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, n := newNetworkSender(t, false, 0, Config{})
		for began := time.Now(); time.Since(began) < 16*time.Minute; time.Sleep(10 * time.Second) {
			callAtOnce(t, s, 1)
			dials := 1 + int64(time.Since(began)/(5*time.Minute))
			require.Equal(t, dials, n.dials.Load())
			require.Equal(t, dials-1, n.closed.Load())
		}
	})
}
