package roomtokens_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// issuer is a server whose tokens tell how they came to be: create-1, refresh-2, create-3.
type issuer struct {
	life, refreshLife time.Duration
	skew              time.Duration // of the server's clock
	latency           time.Duration
	noDate            bool
	noRefreshToken    bool

	mu       sync.Mutex
	issued   int
	received int              // requests
	status   int              // of every response, where it is not zero
	refresh  http.HandlerFunc // in place of refresh, where it is not nil
}

func (s *issuer) fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *issuer) setRefresh(handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh = handler
}

// counts returns how many requests there were, and how many tokens.
func (s *issuer) counts() (received, issued int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received, s.issued
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	select {
	case <-time.After(s.latency):
	case <-req.Context().Done():
		return
	}
	operation, refresh := "create", strings.HasSuffix(req.URL.Path, "/refresh_client_token")
	s.mu.Lock()
	s.received++
	if refresh && s.refresh != nil {
		handler := s.refresh
		s.mu.Unlock()
		handler(w, req)
		return
	}
	defer s.mu.Unlock()
	now := time.Now().Add(s.skew).UTC()
	w.Header()["Date"] = []string{now.Format(http.TimeFormat)}
	if s.noDate {
		w.Header().Del("Date")
	}
	if s.status != 0 {
		respond(s.status, "", "")(w, req)
		return
	}
	if refresh {
		operation = "refresh"
	}
	refreshing := refreshToken
	if s.noRefreshToken {
		refreshing = ""
	}
	s.issued++
	respond(http.StatusCreated, "application/json", fmt.Sprintf(
		`{"data":{"token":"%s-%d","token_expires_at":%q,"refresh_token":%q,"refresh_token_expires_at":%q}}`,
		operation, s.issued, now.Add(s.life).Format(time.RFC3339), refreshing, now.Add(s.refreshLife).Format(time.RFC3339),
	))(w, req)
}

// source is a TokenSource of the issuer's tokens.
func (s *issuer) source(tb testing.TB, opts ...roomtokens.SourceOption) *roomtokens.TokenSource {
	tb.Helper()
	return newSource(tb, newClient(tb, s.ServeHTTP), opts...)
}

func requireToken(t *testing.T, source *roomtokens.TokenSource, want string) *roomtokens.ClientToken {
	t.Helper()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, string(token.Token))
	return token
}

// requireIssued waits for fetches in the background.
func requireIssued(t *testing.T, server *issuer, want int) {
	t.Helper()
	synctest.Wait()
	_, issued := server.counts()
	require.Equal(t, want, issued)
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*issuer{
		"clocks agree":          {},
		"server a day ahead":    {skew: 24 * time.Hour},
		"server a day behind":   {skew: -24 * time.Hour},
		"no Date in a response": {noDate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server.life, server.refreshLife = 10*time.Minute, time.Hour
				source := server.source(t)
				requireToken(t, source, "create-1")

				time.Sleep(9*time.Minute - time.Second)
				requireToken(t, source, "create-1")
				requireIssued(t, server, 1) // nothing is fetched before the refresh lead

				time.Sleep(31 * time.Second)
				requireToken(t, source, "create-1")
				requireIssued(t, server, 2)
				token := requireToken(t, source, "refresh-2")
				require.EqualValues(t, refreshToken, token.RefreshToken, "the refresh token is kept")
				require.False(t, token.RefreshTokenExpiresAt.IsZero())

				time.Sleep(11 * time.Minute)
				requireToken(t, source, "refresh-3")

				time.Sleep(time.Hour)
				requireToken(t, source, "create-4")
			})
		})
	}
}

func TestTokenSourceSharesOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour, latency: time.Second}
		source := server.source(t)
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() { requireToken(t, source, "create-1") })
		}
		group.Wait()
		requireIssued(t, server, 1)
	})
}

func TestTokenSourceCallersStopWaitingAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour, latency: 10 * time.Second}
		source := server.source(t)
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		go func() {
			_, err := source.Token(first)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(began))
		}()
		synctest.Wait()
		requireToken(t, source, "create-1")
		require.Equal(t, 10*time.Second, time.Since(began), "the first caller's end did not end the fetch")
	})
}

func TestTokenSourceWithAnEndedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := source.Token(ended)
		require.ErrorIs(t, err, context.Canceled)
		requireIssued(t, server, 0)

		requireToken(t, source, "create-1")
		token, err := source.Token(ended)
		require.NoError(t, err, "what is there needs no waiting")
		require.EqualValues(t, "create-1", token.Token)

		time.Sleep(58 * time.Second)
		token, err = source.Token(ended)
		require.NoError(t, err, "it is due to be refreshed, but valid")
		require.EqualValues(t, "create-1", token.Token)
		synctest.Wait()
		requireToken(t, source, "refresh-2")
	})
}

func TestTokenSourceInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Hour, refreshLife: 2 * time.Hour}
		source := server.source(t)
		source.Invalidate(nil)
		source.Invalidate(&roomtokens.ClientToken{})
		first := requireToken(t, source, "create-1")
		source.Invalidate(nil)
		requireToken(t, source, "create-1")

		source.Invalidate(first)
		requireToken(t, source, "refresh-2")
		source.Invalidate(first)
		requireToken(t, source, "refresh-2")
	})
}

// TestTokenSourceLifetimeAskedFor is asked for each time, and bounds what the server says.
func TestTokenSourceLifetimeAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		server := &issuer{life: time.Hour, refreshLife: time.Hour}
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			bodies = append(bodies, readBody(t, req))
			server.ServeHTTP(w, req)
		})
		params := api.CreateRoomClientTokenRequest{TokenTTLSecs: 60, RefreshTokenTTLSecs: 90}
		source, err := client.TokenSource(roomID, params)
		require.NoError(t, err)
		requireToken(t, source, "create-1")
		time.Sleep(time.Minute)
		requireToken(t, source, "refresh-2")
		time.Sleep(time.Minute)
		requireToken(t, source, "create-3")
		require.Len(t, bodies, 3)
		require.JSONEq(t, `{"token_ttl_secs":60,"refresh_token_ttl_secs":90}`, bodies[0])
		require.JSONEq(t, `{"token_ttl_secs":60,"refresh_token":"`+refreshToken+`"}`, bodies[1])
	})
}

func TestTokenSourceWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour, noRefreshToken: true}
		source := server.source(t)
		requireToken(t, source, "create-1")
		time.Sleep(58 * time.Second)
		requireToken(t, source, "create-1")
		synctest.Wait()
		requireToken(t, source, "create-2")
	})
}

func TestTokenSourceRefused(t *testing.T) {
	t.Parallel()
	var params api.CreateRoomClientTokenRequest
	var empty roomtokens.ClientToken
	endless := roomtokens.ClientToken{Token: "t"}
	endlessRefresh := roomtokens.ClientToken{Token: "t", TokenExpiresAt: time.Now(), RefreshToken: "r"}
	tooShort := api.CreateRoomClientTokenRequest{TokenTTLSecs: 9}
	for says, row := range map[string]struct {
		room   uuid.UUID
		params api.CreateRoomClientTokenRequest
		option roomtokens.SourceOption
	}{
		"room_id is the nil UUID": {uuid.Nil, params, roomtokens.WithFetchTimeout(1)},
		"token_ttl_secs is 9":     {roomID, tooShort, roomtokens.WithFetchTimeout(1)},
		"fetch timeout is 0s":     {roomID, params, roomtokens.WithFetchTimeout(0)},
		"fetch timeout is -1ns":   {roomID, params, roomtokens.WithFetchTimeout(-1)},
		"fetch observer is nil":   {roomID, params, roomtokens.WithFetchObserver(nil)},
		"option is nil":           {roomID, params, nil},

		"initial token is nil or empty":       {roomID, params, roomtokens.WithInitialToken(nil)},
		"initial token is nil or":             {roomID, params, roomtokens.WithInitialToken(&empty)},
		"initial token has no expiry":         {roomID, params, roomtokens.WithInitialToken(&endless)},
		"initial refresh token has no expiry": {roomID, params, roomtokens.WithInitialToken(&endlessRefresh)},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, unreached(t)).TokenSource(row.room, row.params, row.option)
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "roomtokens: TokenSource: invalid request: "+says)
		})
	}
	newSource(t, newClient(t, unreached(t)), roomtokens.WithFetchTimeout(1))
}
