package roomtokens_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// world is a fake server that counts what it is asked, and some of whose operations are replaced.
type world struct {
	*roomtokenstest.Server

	mu       sync.Mutex
	latency  time.Duration // of the server's own responses
	instead  map[api.Operation]http.HandlerFunc
	requests map[api.Operation]int
	created  string // the last response to create
}

func newWorld(opts ...roomtokenstest.Option) *world {
	return &world{
		Server:  roomtokenstest.NewServer(append(opts, roomtokenstest.WithAPIKey(apiKey))...),
		instead: map[api.Operation]http.HandlerFunc{}, requests: map[api.Operation]int{},
	}
}

func (w *world) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	operation := operationOf(req)
	w.mu.Lock()
	w.requests[operation]++
	handler, latency := w.instead[operation], w.latency
	w.mu.Unlock()
	if handler != nil {
		handler(rw, req)
		return
	}
	select {
	case <-time.After(latency):
	case <-req.Context().Done():
		return
	}
	recorder := httptest.NewRecorder()
	w.Server.ServeHTTP(recorder, req)
	maps.Copy(rw.Header(), recorder.Header())
	respond(recorder.Code, "", recorder.Body.String())(rw, req)
	w.mu.Lock()
	defer w.mu.Unlock()
	if operation == api.OperationCreateRoomClientToken {
		w.created = recorder.Body.String()
	}
}

func operationOf(req *http.Request) api.Operation {
	if strings.HasSuffix(req.URL.Path, "/refresh_client_token") {
		return api.OperationRefreshRoomClientToken
	}
	return api.OperationCreateRoomClientToken
}

// delay has the server's own responses take a time from now on.
func (w *world) delay(latency time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latency = latency
}

// replace has handler respond to an operation from now on, and the server itself again where it is nil.
func (w *world) replace(operation api.Operation, handler http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instead[operation] = handler
}

// fail has both operations fail with a status from now on, and none where it is zero.
func (w *world) fail(status int) {
	for _, operation := range api.Operations() {
		w.replace(operation, nil)
		if status != 0 {
			w.replace(operation, respond(status, "", ""))
		}
	}
}

// repeat responds with the token that create gave last, which ends when it did.
func (w *world) repeat(rw http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	respond(http.StatusCreated, "application/json", w.created)(rw, req)
}

func (w *world) creates() int   { return w.count(api.OperationCreateRoomClientToken) }
func (w *world) refreshes() int { return w.count(api.OperationRefreshRoomClientToken) }

func (w *world) count(operation api.Operation) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[operation]
}

// source returns a source of tokens for a number of seconds, with refresh tokens for ten times as long.
func (w *world) source(tb testing.TB, secs int, opts ...roomtokens.SourceOption) *roomtokens.TokenSource {
	tb.Helper()
	source, err := newClient(tb, w.ServeHTTP).TokenSource(roomID,
		api.CreateRoomClientTokenRequest{TokenTTLSecs: secs, RefreshTokenTTLSecs: 10 * secs}, opts...)
	require.NoError(tb, err)
	return source
}

// inBubbles runs test for each row, in a bubble of its own.
func inBubbles[Key comparable, Row any](t *testing.T, rows map[Key]Row, test func(*testing.T, Key, Row)) {
	t.Helper()
	for key, row := range rows {
		t.Run(fmt.Sprint(key), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, key, row) })
		})
	}
}

// requireToken asks for a token, and waits for what that causes in the background.
func requireToken(t *testing.T, source *roomtokens.TokenSource) *roomtokens.ClientToken {
	t.Helper()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, token.Token)
	synctest.Wait()
	return token
}

func requireRequests(t *testing.T, server *world, creates, refreshes int) {
	t.Helper()
	require.Equal(t, creates, server.creates(), "creates")
	require.Equal(t, refreshes, server.refreshes(), "refreshes")
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]*world{
		"clocks agree":        newWorld(),
		"server a day ahead":  newWorld(roomtokenstest.WithClockSkew(24 * time.Hour)),
		"server a day behind": newWorld(roomtokenstest.WithClockSkew(-24 * time.Hour)),
	}, func(t *testing.T, _ string, server *world) {
		source := server.source(t, 600)
		first := requireToken(t, source)
		time.Sleep(199 * time.Second)
		require.Same(t, first, requireToken(t, source))
		requireRequests(t, server, 1, 0) // the first token is renewed after a third of its life at the earliest

		time.Sleep(571*time.Second - 199*time.Second)
		require.Same(t, first, requireToken(t, source))
		requireRequests(t, server, 1, 1)
		second := requireToken(t, source)
		require.NotEqual(t, first.Token, second.Token)
		require.Equal(t, first.RefreshToken, second.RefreshToken, "it is kept")
		require.Equal(t, first.RefreshTokenExpiresAt, second.RefreshTokenExpiresAt)

		time.Sleep(9*time.Minute - 2*time.Second)
		require.Same(t, second, requireToken(t, source))
		requireRequests(t, server, 1, 1) // one that replaced a valid one, in its last minute

		time.Sleep(time.Minute)
		requireToken(t, source)
		requireRequests(t, server, 1, 2)
		time.Sleep(2 * time.Hour)
		requireToken(t, source)
		requireRequests(t, server, 2, 2)
	})
}

// TestTokenSourceCallersStopWaitingAlone, with the cause of their contexts, and the fetch goes on.
func TestTokenSourceCallersStopWaitingAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		server.latency = 10 * time.Second
		source := server.source(t, 60)
		shutdown := errors.New("shutdown")
		ctx, cancel := context.WithCancelCause(t.Context())
		began := time.Now()
		time.AfterFunc(time.Second, func() { cancel(shutdown) })
		for range 2 { // while it waits, and with a context that has ended
			_, err := source.Token(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, shutdown)
			require.ErrorContains(t, err, "roomtokens: TokenSource: ")
			require.Equal(t, time.Second, time.Since(began))
		}
		requireToken(t, source)
		require.Equal(t, 10*time.Second, time.Since(began))
		requireRequests(t, server, 1, 0)
	})
}

func TestTokenSourceWithAnEndedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 60)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := source.Token(ended)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		requireRequests(t, server, 0, 0)

		token := requireToken(t, source)
		for _, age := range []time.Duration{0, 58 * time.Second} { // due to be refreshed, but valid
			time.Sleep(age)
			got, err := source.Token(ended)
			require.NoError(t, err, "what is there needs no waiting")
			require.Same(t, token, got)
		}
		synctest.Wait()
		requireRequests(t, server, 1, 1)
	})
}

// TestTokenSourceInvalidatedByMany counts one failure, not one for each.
func TestTokenSourceInvalidatedByMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := newSource(t, newClient(t, server.ServeHTTP, roomtokens.WithoutAPIKey()),
			roomtokens.WithInitialToken(createPair(t, server)))
		time.Sleep(time.Minute)
		refreshed := requireToken(t, source)
		for range 10 {
			source.Invalidate(refreshed)
		}
		began := time.Now()
		requireToken(t, source)
		require.LessOrEqual(t, time.Since(began), 2*time.Second+server.latency)
	})
}

func TestTokenSourceInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 600, roomtokens.WithFetchTimeout(time.Second/2))
		source.Invalidate(nil)
		source.Invalidate(&roomtokens.ClientToken{})
		first := requireToken(t, source)
		source.Invalidate(nil)
		require.Same(t, first, requireToken(t, source))
		for range 2 { // the second time it is no longer the current one
			source.Invalidate(first)
			require.NotEqual(t, first.Token, requireToken(t, source).Token)
			requireRequests(t, server, 1, 1)
		}

		began := time.Now()
		for range 10 {
			source.Invalidate(requireToken(t, source))
		}
		require.Greater(t, time.Since(began), 15*time.Second, "for longer each time")
		require.Greater(t, server.creates(), 3, "the operations take turns")
		require.Greater(t, server.refreshes(), 3)
		time.Sleep(time.Minute)
		began = time.Now()
		requireToken(t, source)
		require.Zero(t, time.Since(began))
	})
}

// TestTokenSourceWhereARoomRefuses all that refresh gives: create is tried, and the server is not hammered.
func TestTokenSourceWhereARoomRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 60)
		last := requireToken(t, source)
		for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(time.Second) {
			token := requireToken(t, source)
			if token != last && token.RefreshToken == last.RefreshToken {
				source.Invalidate(token)
			}
			last = token
		}
		require.InDelta(t, 100, server.creates(), 25)
		require.Less(t, server.refreshes(), 150)
	})
}

// TestTokenSourceLifetimeAskedFor is asked for each time, and bounds what the server says.
func TestTokenSourceLifetimeAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			bodies = append(bodies, readBody(t, req))
			respond(http.StatusCreated, "application/json", fmt.Sprintf(`{"data":{
				"token":"token-%d","token_expires_at":"2999-01-01T00:00:00Z",
				"refresh_token":"r","refresh_token_expires_at":"2999-01-01T00:00:00Z"}}`, len(bodies)))(w, req)
		})
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 60, RefreshTokenTTLSecs: 90})
		require.NoError(t, err)
		for range 3 {
			requireToken(t, source)
			time.Sleep(time.Minute)
		}
		require.Len(t, bodies, 3)
		require.JSONEq(t, `{"token_ttl_secs":60,"refresh_token_ttl_secs":90}`, bodies[0])
		require.JSONEq(t, `{"token_ttl_secs":60,"refresh_token":"r"}`, bodies[1])
		require.Equal(t, bodies[0], bodies[2])
	})
}

func TestTokenSourceRefused(t *testing.T) {
	t.Parallel()
	expires := time.Now().Add(time.Minute)
	for says, option := range map[string]roomtokens.SourceOption{
		"fetch timeout is 0s":   roomtokens.WithFetchTimeout(0),
		"fetch timeout is -1ns": roomtokens.WithFetchTimeout(-1),
		"fetch observer is nil": roomtokens.WithFetchObserver(nil),
		"option is nil":         nil,

		"initial token is nil":          roomtokens.WithInitialToken(nil),
		"initial token is nil or empty": roomtokens.WithInitialToken(&roomtokens.ClientToken{TokenExpiresAt: expires}),
		"initial token has no expiry":   roomtokens.WithInitialToken(&roomtokens.ClientToken{Token: "t"}),
		"initial refresh token has no expiry": roomtokens.WithInitialToken(
			&roomtokens.ClientToken{Token: "t", TokenExpiresAt: expires, RefreshToken: "r"}),
	} {
		_, err := newClient(t, unreached(t)).TokenSource(roomID, api.CreateRoomClientTokenRequest{}, option)
		require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
		require.ErrorContains(t, err, "roomtokens: TokenSource: invalid request: "+says)
	}
	newSource(t, newClient(t, unreached(t)), roomtokens.WithFetchTimeout(1))

	_, err := newClient(t, unreached(t)).TokenSource(uuid.Nil, api.CreateRoomClientTokenRequest{})
	require.EqualError(t, err, "roomtokens: TokenSource: invalid request: room_id is the nil UUID")
	_, err = newClient(t, unreached(t)).TokenSource(roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 9})
	require.ErrorContains(t, err, "roomtokens: TokenSource: invalid request: token_ttl_secs is 9")
}
