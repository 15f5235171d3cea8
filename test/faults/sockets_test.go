package faults_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	socketCalls   = 800
	socketCallers = 64
	apiKey        = "KEY0189_test-api-key"
)

// socketRoom is a room on a server of its own, all of whose calls meet the same fault.
type socketRoom struct {
	fault    string // one of roomtokenstest.Faults
	attempts int    // zero for a token
	status   int
	is       error

	id           uuid.UUID
	server       *roomtokenstest.Server
	refreshToken secret.String
}

// socketRooms returns a room without a fault, and those with one.
func socketRooms(t *testing.T) []*socketRoom {
	t.Helper()
	rooms := []*socketRoom{
		{status: 201},
		{fault: "delay", status: 201},
		{fault: "refusal 10010", attempts: 1, status: 403, is: roomtokens.ErrForbidden},
		{fault: "redirect", attempts: 1, status: 307},
		{fault: "half a document", attempts: 1, status: 201, is: roomtokens.ErrInvalidResponse},
		{fault: "huge body", attempts: 1, status: 201, is: roomtokens.ErrInvalidResponse},
		{fault: "rate limited", attempts: 2, status: 429, is: roomtokens.ErrRateLimited},
		{fault: "problem detail", attempts: 2, status: 503, is: roomtokens.ErrServer},
		{fault: "reset", attempts: 2},
		{fault: "truncate", attempts: 2, status: 201, is: roomtokens.ErrInvalidResponse},
	}
	for i, r := range rooms {
		r.id, r.server = uuid.UUID{0: byte(i), 15: 1}, roomtokenstest.NewServer(roomtokenstest.WithAPIKey(apiKey))
		token, err := r.server.Client().CreateRoomClientToken(t.Context(), r.id, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		r.refreshToken = token.RefreshToken
		if fault, ok := roomtokenstest.Faults()[r.fault]; ok {
			fault.Times, fault.Delay, fault.Size = 2*socketCalls, fault.Delay/100, fault.Size/2
			if fault.Status == http.StatusTooManyRequests {
				fault.Header = http.Header{"Retry-After": nil, "X-Ratelimit-Reset": nil} // a second is long here
			}
			r.server.Inject(fault)
		}
	}
	return rooms
}

// call makes one call, and holds its outcome against the room's.
func (r *socketRoom) call(t *testing.T, client *roomtokens.Client, operation api.Operation) {
	t.Helper()
	token, err := call(t.Context(), client, operation, r.id, r.refreshToken)
	if r.attempts == 0 {
		claims, unverified := r.server.Verify(token)
		assert.Equal(t, r.id, claims.RoomID, "%v, %v", err, unverified)
		return
	}
	failed, ok := errors.AsType[*roomtokens.Error](err)
	if assert.True(t, ok, "%s: %v", r.fault, err) {
		assert.Equal(t, r.status, failed.StatusCode, "%s: %v", r.fault, err)
		assert.Equal(t, r.attempts, failed.Attempts, "%s: %v", r.fault, err)
		assert.True(t, r.is == nil || errors.Is(err, r.is), "%s: %v", r.fault, err)
	}
}

// newSocketServer serves the rooms over loopback TLS.
func newSocketServer(t *testing.T, version int, rooms []*socketRoom) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/rooms/{room}/", func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, version, req.ProtoMajor)
		rooms[uuid.MustParse(req.PathValue("room"))[0]].server.ServeHTTP(w, req)
	})
	server := httptest.NewUnstartedServer(mux)
	server.EnableHTTP2 = version == 2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestSockets makes its calls over loopback TLS, three in ten of them with a fault. It runs alone, since it counts
// goroutines: each end of a connection has one.
//
//nolint:paralleltest // see above
func TestSockets(t *testing.T) {
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP/%d", version), func(t *testing.T) {
			rooms := socketRooms(t)
			server := newSocketServer(t, version, rooms)
			resting := runtime.NumGoroutine()
			pool := server.Client().Transport.(*http.Transport)
			pool.MaxIdleConnsPerHost = socketCallers
			// No attempt times out, however busy the machine.
			client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL+"/v2"), roomtokens.WithMaxRetries(1),
				roomtokens.WithAttemptTimeout(5*time.Minute), roomtokens.WithHTTPClient(&http.Client{Transport: pool}))
			require.NoError(t, err)
			var next atomic.Int64
			var callers sync.WaitGroup
			for range socketCallers {
				callers.Go(func() {
					for i := next.Add(1); i <= socketCalls; i = next.Add(1) {
						room := rooms[0]
						if i%10 < 3 {
							room = rooms[1:][i/10%int64(len(rooms)-1)]
						}
						room.call(t, client, operations()[i%2])
					}
				})
			}
			callers.Wait()
			client.CloseIdleConnections()
			requireGoroutines(t, resting)
		})
	}
}

// requireGoroutines waits for the goroutines of closed connections to end.
func requireGoroutines(t *testing.T, most int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > most; runtime.Gosched() {
		require.True(t, time.Now().Before(deadline), "goroutines are left")
	}
}

// TestTLS calls servers with which TLS fails however often they are asked.
func TestTLS(t *testing.T) {
	t.Parallel()
	const unknown = "unknown authority"
	for text, config := range map[string]*tls.Config{
		unknown:            nil,
		"protocol version": {MaxVersion: tls.VersionTLS11},
		// With TLS 1.3 the handshake is over for the client by then, and it may see a reset connection instead.
		"remote error": {ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			fake := roomtokenstest.NewServer()
			server := httptest.NewUnstartedServer(fake)
			server.Config.ErrorLog, server.TLS = log.New(io.Discard, "", 0), config.Clone()
			server.StartTLS()
			t.Cleanup(server.Close)
			if text == unknown {
				server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs = nil
			}
			client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL+"/v2"),
				roomtokens.WithHTTPClient(server.Client()))
			require.NoError(t, err)
			for _, operation := range operations() {
				_, err := call(t.Context(), client, operation, roomID, "r.e.f")
				failed, ok := errors.AsType[*roomtokens.Error](err)
				require.True(t, ok)
				require.Equal(t, 1, failed.Attempts)
				require.ErrorContains(t, err, text)
			}
			require.Empty(t, fake.Requests())
		})
	}
}
