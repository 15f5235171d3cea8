package faults_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	socketCalls   = 10_000
	socketCallers = 64
)

// socketServer serves what each request asks for in its room id, over real connections.
type socketServer struct {
	*httptest.Server
	connections atomic.Int64
	broken      atomic.Int64 // connections that a fault of HTTP/1.1 took with it
	strangers   atomic.Int64 // requests over another version than the test's
	seen        sync.Map     // attempts of each room, *atomic.Int64
}

func newSocketServer(t *testing.T, version int) *socketServer {
	t.Helper()
	s := &socketServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != version {
			s.strangers.Add(1)
		}
		io.Copy(io.Discard, req.Body)
		room := uuid.MustParse(req.Header.Get("X-Room"))
		attempts, _ := s.seen.LoadOrStore(room, new(atomic.Int64))
		faultOf(room).serve(s, w, req, attempts.(*atomic.Int64).Add(1))
	}))
	s.EnableHTTP2 = version == 2
	own, _ := goodCertificate(t)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{own}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.StartTLS()
	return s
}

// TestRealSockets makes its calls over loopback TLS, the operations by turns. It runs alone, since it counts
// goroutines.
//
//nolint:paralleltest // see above
func TestRealSockets(t *testing.T) {
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP/%d", version), func(t *testing.T) {
			resting := runtime.NumGoroutine()
			server := newSocketServer(t, version)
			transport := server.Client().Transport.(*http.Transport)
			transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2*socketCallers, 2*socketCallers
			callSockets(t, server, transport)

			require.Zero(t, server.strangers.Load(), "requests over another version")
			// While a caller dials, a connection of another may come free and be taken, so that some are dialled in excess.
			require.LessOrEqual(t, server.connections.Load(), 2*socketCallers+server.broken.Load(), "connections")
			t.Logf("%d connections, %d of them broken by a fault", server.connections.Load(), server.broken.Load())
			transport.CloseIdleConnections()
			server.Close()
			requireGoroutines(t, resting)
		})
	}
}

// callSockets has the callers share the calls, and holds each call's result against its fault.
func callSockets(t *testing.T, server *socketServer, transport http.RoundTripper) {
	t.Helper()
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(1),
		roomtokens.WithHTTPClient(&http.Client{Transport: transport}),
		roomtokens.WithRequestEditor(func(ctx context.Context, req *http.Request) error {
			req.Header.Set("X-Room", ctx.Value(roomKey{}).(uuid.UUID).String())
			return nil
		}))
	require.NoError(t, err)
	var next, faulty atomic.Int64
	var callers sync.WaitGroup
	for range socketCallers {
		callers.Go(func() {
			for i := next.Add(1); i <= socketCalls; i = next.Add(1) {
				room := roomFor(i)
				fault := faultOf(room)
				if fault.name != "none" {
					faulty.Add(1)
				}
				token, err := callSocket(t.Context(), client, room, i%2 == 0, fault)
				if err := fault.check(room, token, err); err != nil {
					t.Errorf("call %d, fault %q: %v", i, fault.name, err)
				}
			}
		})
	}
	callers.Wait()
	require.InEpsilon(t, socketCalls*3/10, faulty.Load(), 0.01, "calls with a fault")
}

// roomKey is the context key of the room that a call is for.
type roomKey struct{}

func callSocket(ctx context.Context, c *roomtokens.Client, room uuid.UUID, create bool, f socketFault) (string, error) {
	ctx = context.WithValue(ctx, roomKey{}, room)
	if f.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.patience)
		defer cancel()
	}
	if create {
		token, err := c.CreateRoomClientToken(ctx, room, api.CreateRoomClientTokenRequest{})
		if err != nil {
			return "", err
		}
		return string(token.Token), nil
	}
	token, err := c.RefreshRoomClientToken(ctx, room, api.RefreshRoomClientTokenRequest{RefreshToken: "r.e.f"})
	if err != nil {
		return "", err
	}
	return string(token.Token), nil
}

// requireGoroutines waits for the goroutines of closed connections to end.
func requireGoroutines(t *testing.T, most int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > most; <-tick.C {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), most, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
