package roomtokens_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// TestTokens has three loops share the fetches of an hour, each told of every token before the last one expires.
func TestTokens(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]http.HandlerFunc{
		"refreshed": nil, "created": respond(500, "", ""), "created, as refresh hangs": hang,
	}, func(t *testing.T, _ string, refresh http.HandlerFunc) {
		server := newWorld()
		server.latency = time.Second
		server.replace(api.OperationRefreshRoomClientToken, refresh)
		source := server.source(t, 60)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var loops sync.WaitGroup
		for range 3 {
			loops.Go(func() {
				tokens, last := 0, &roomtokens.ClientToken{TokenExpiresAt: time.Now().Add(time.Minute)}
				for token, err := range source.Tokens(ctx) {
					require.NoError(t, err)
					require.True(t, time.Now().Before(last.TokenExpiresAt))
					require.NotEqual(t, last.Token, token.Token)
					tokens, last = tokens+1, token
				}
				require.Error(t, ctx.Err())
				require.InDelta(t, 75, tokens, 12)
			})
		}
		loops.Wait()
		time.Sleep(fetchTimeout) // until the last fetch has ended
		require.Less(t, server.creates(), 70)
		require.Less(t, server.refreshes(), 70*6)
	})
}

// TestTokensGoesOnAfterFailures: each fetch that fails while there is no valid token is one error, for every loop.
func TestTokensGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		server.Inject(roomtokenstest.Fault{Name: "down", Status: 503, Lasts: 10 * time.Minute})
		source := server.source(t, 60)
		var loops sync.WaitGroup
		for range 2 {
			loops.Go(func() {
				failed := 0
				for token, err := range source.Tokens(t.Context()) {
					if err == nil {
						require.NotEmpty(t, token.Token)
						break
					}
					require.ErrorIs(t, err, roomtokens.ErrServer)
					require.Nil(t, token)
					failed++
				}
				require.Equal(t, server.creates()-1, failed)
				require.Greater(t, failed, 20)
			})
		}
		loops.Wait()
	})
}

func TestTokensWakesForInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newWorld().source(t, 60)
		var invalidated time.Time
		for token, err := range source.Tokens(t.Context()) {
			require.NoError(t, err)
			if !invalidated.IsZero() {
				require.Equal(t, invalidated, time.Now(), "the loop is told at once")
				break
			}
			time.AfterFunc(12*time.Second, func() { // a loop looks up each 5 s by itself
				invalidated = time.Now()
				source.Invalidate(token)
			})
		}
	})
}

// TestTokensNoticesThatTheComputerSlept within 5 s, though no timer ran meanwhile.
func TestTokensNoticesThatTheComputerSlept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newWorld().source(t, 60)
		first := requireToken(t, source)
		time.AfterFunc(time.Nanosecond, func() { roomtokens.JumpWallClock(source, time.Hour) })
		began := time.Now()
		for token, err := range source.Tokens(t.Context()) {
			require.NoError(t, err)
			if token != first {
				require.Equal(t, 5*time.Second, time.Since(began))
				break
			}
		}
	})
}

func TestTokensEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 60)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range source.Tokens(ended) {
			t.Error("a loop that had ended before it began")
		}
		require.Zero(t, server.creates())

		_, err := source.Token(t.Context())
		require.NoError(t, err)
		for range source.Tokens(ended) {
			t.Error("a token after the end")
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range source.Tokens(ctx) {
			require.Equal(t, began, time.Now())
		}
		require.Equal(t, time.Second, time.Since(began))
	})
}

// TestTokensAtExpiry gives the outcome of the fetch that runs, as Token does, in place of the error of the one before.
func TestTokensAtExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 60)
		for token, err := range source.Tokens(t.Context()) {
			require.NoError(t, err)
			if server.refreshes() > 0 {
				break
			}
			// Both fail while the token lasts, and then take long.
			server.fail(500)
			time.AfterFunc(time.Until(token.TokenExpiresAt)-1500*time.Millisecond, func() {
				server.replace(api.OperationRefreshRoomClientToken, hang)
				server.replace(api.OperationCreateRoomClientToken, nil)
				server.delay(5 * time.Second)
			})
		}
		require.Greater(t, server.refreshes(), 1)
	})
}

// TestTokensYieldsNothingAfterItsContext, though there is a token by then.
func TestTokensYieldsNothingAfterItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := &endingContext{Context: t.Context()}
		source := newSource(t, newClient(t, func(w http.ResponseWriter, req *http.Request) {
			ctx.ended.Store(true)
			created(w, req)
		}))
		for range source.Tokens(ctx) {
			t.Error("a token after the end")
		}
	})
}

// endingContext ends without a sign, as where its end and a token come at the same time.
type endingContext struct {
	context.Context
	ended atomic.Bool
}

func (c *endingContext) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}
