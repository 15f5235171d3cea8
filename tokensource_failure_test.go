package roomtokens_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestTokenSourceServesTheOldTokenToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		requireToken(t, source, "create-1")
		began := time.Now()
		server.fail(http.StatusServiceUnavailable)
		for time.Since(began) < 10*time.Minute-time.Second {
			requireToken(t, source, "create-1")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrServer)

		server.fail(0)
		time.Sleep(31 * time.Second)
		requireToken(t, source, "refresh-2")
	})
}

// TestTokenSourceBacksOff for 1, 2, 4, 8, 16 and then 30 s, each cut by up to half, and anew after a success.
func TestTokenSourceBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		server := &issuer{life: time.Minute, refreshLife: time.Hour, status: http.StatusUnauthorized}
		source := server.source(t,
			roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) { waits = append(waits, e.Wait) }))
		for range 5000 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrUnauthorized)
			time.Sleep(3 * time.Second)
		}
		synctest.Wait()
		require.Greater(t, len(waits), 15_000/33)
		for i, wait := range waits {
			bound := min(time.Second<<min(i, 5), 30*time.Second)
			require.GreaterOrEqual(t, wait, bound/2)
			require.LessOrEqual(t, wait, bound)
		}
		require.Greater(t, slices.Max(waits), 29*time.Second)

		server.fail(0)
		time.Sleep(30 * time.Second)
		requireToken(t, source, "create-1")
		time.Sleep(time.Minute)
		server.fail(http.StatusUnauthorized)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrUnauthorized)
		server.fail(0)
		time.Sleep(time.Second)
		requireToken(t, source, "create-2")
	})
}

// TestTokenSourceCreatesWhereRefreshFails has every way in which a refresh may fail after the token has expired. A
// refresh token that the server refused is not used again, and others are.
func TestTokenSourceCreatesWhereRefreshFails(t *testing.T) {
	t.Parallel()
	type row struct {
		refresh http.HandlerFunc
		next    string // how the token comes that is fetched where create has failed too
	}
	rows := map[string]row{
		"no response":           {func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, "refresh-3"},
		"201 without an expiry": {respond(201, "application/json", `{"data":{"token":"t"}}`), "refresh-3"},
		"201 that has expired": {respond(201, "application/json",
			`{"data":{"token":"t","token_expires_at":"1999-01-01T00:00:00Z"}}`), "refresh-3"},
	}
	for _, status := range []int{401, 403, 404, 422} {
		rows[strconv.Itoa(status)] = row{respond(status, "", ""), "create-3"}
	}
	for _, status := range []int{200, 307, 400, 405, 409, 410, 429, 500} {
		rows[strconv.Itoa(status)] = row{respond(status, "", ""), "refresh-3"}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{life: time.Minute, refreshLife: time.Hour, refresh: row.refresh}
				source := server.source(t)
				requireToken(t, source, "create-1")
				time.Sleep(time.Minute)
				requireToken(t, source, "create-2")

				time.Sleep(time.Minute)
				server.fail(http.StatusInternalServerError)
				_, err := source.Token(t.Context())
				require.ErrorIs(t, err, roomtokens.ErrServer)
				server.fail(0)
				server.setRefresh(nil)
				time.Sleep(time.Second)
				requireToken(t, source, row.next)
			})
		})
	}
}

// TestTokenSourceRefreshesWhileTheTokenLives: one that fails for a while is tried again, and no token created.
func TestTokenSourceRefreshesWhileTheTokenLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour, refresh: respond(500, "", "")}
		source := server.source(t)
		requireToken(t, source, "create-1")
		time.Sleep(9*time.Minute + 31*time.Second)
		requireToken(t, source, "create-1")
		synctest.Wait()
		server.setRefresh(nil)
		time.Sleep(time.Second)
		requireToken(t, source, "create-1")
		synctest.Wait()
		requireToken(t, source, "refresh-2")
	})
}

func TestTokenSourceInvalidateEndsTheBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		first := requireToken(t, source, "create-1")
		time.Sleep(9*time.Minute + 31*time.Second)
		server.fail(500)
		requireToken(t, source, "create-1")
		synctest.Wait()
		server.fail(0)
		source.Invalidate(first)
		requireToken(t, source, "create-2") // while the refresh pauses
	})
}

func TestTokenSourceInvalidateTwiceDoesNotHammer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		token := requireToken(t, source, "create-1")
		server.fail(500)
		for range 1000 {
			source.Invalidate(token)
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrServer)
		}
		received, _ := server.counts()
		require.Equal(t, 3, received, "create, refresh, create")
	})
}

// TestTokenSourceInvalidateIsPaced has a caller who invalidates every token at once.
func TestTokenSourceInvalidateIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		began := time.Now()
		for range 11 {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			source.Invalidate(token)
		}
		require.Equal(t, 10*time.Second, time.Since(began), "a second for each but the first")
		requireIssued(t, server, 11)

		time.Sleep(time.Minute)
		began = time.Now()
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Zero(t, time.Since(began))
	})
}

func TestTokenSourceSurvivesGoexit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		exit := func(http.ResponseWriter, *http.Request) { runtime.Goexit() }
		source := newSource(t, newClient(t, script(exit, server.ServeHTTP)))
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "ended by runtime.Goexit")
		time.Sleep(time.Second)
		requireToken(t, source, "create-1")
	})
}

// TestTokenSourceSurvivesPanics: net/http's recover does not reach the goroutine of a fetch.
func TestTokenSourceSurvivesPanics(t *testing.T) {
	t.Parallel()
	panicOnce := func() func() {
		panicked := false
		return func() {
			if !panicked {
				panicked = true
				panic("no vault at " + refreshToken)
			}
		}
	}
	for name, option := range map[string]func(mayPanic func(), next roundTrip) roomtokens.Option{
		"key function": func(mayPanic func(), _ roundTrip) roomtokens.Option {
			return roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { mayPanic(); return apiKey, nil })
		},
		"request editor": func(mayPanic func(), _ roundTrip) roomtokens.Option {
			return roomtokens.WithRequestEditor(func(context.Context, *http.Request) error { mayPanic(); return nil })
		},
		"transport": func(mayPanic func(), next roundTrip) roomtokens.Option {
			return withTransport(func(req *http.Request) (*http.Response, error) { mayPanic(); return next(req) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{life: time.Minute, refreshLife: time.Hour, latency: time.Second}
				client := newClient(t, server.ServeHTTP, option(panicOnce(), memory(server.ServeHTTP).RoundTrip))
				source := newSource(t, client)
				for range 3 {
					go func() {
						_, err := source.Token(t.Context())
						assert.ErrorContains(t, err, "panic: no vault at [REDACTED]")
					}()
				}
				synctest.Wait()
				_, err := source.Token(t.Context())
				panicked, ok := errors.AsType[*roomtokens.PanicError](err)
				require.True(t, ok)
				require.Contains(t, string(panicked.Stack), "TestTokenSourceSurvivesPanics")
				time.Sleep(time.Second)
				requireToken(t, source, "create-1")
			})
		})
	}
}

func TestTokenSourceObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []roomtokens.FetchEvent
		server := &issuer{life: 100 * time.Second, refreshLife: time.Hour, refresh: respond(500, "", "")}
		source := server.source(t, roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) { events = append(events, e) }))
		requireToken(t, source, "create-1")
		time.Sleep(95 * time.Second)
		requireToken(t, source, "create-1") // a refresh fails in the background
		synctest.Wait()
		time.Sleep(5 * time.Second)
		requireToken(t, source, "create-2")

		synctest.Wait()
		require.Len(t, events, 4)
		for i, want := range []struct {
			operation   string
			failed      bool
			least, most time.Duration
		}{
			{"CreateRoomClientToken", false, 89 * time.Second, 95 * time.Second},
			{"RefreshRoomClientToken", true, 500 * time.Millisecond, time.Second},
			{"RefreshRoomClientToken", true, 0, 0},
			{"CreateRoomClientToken", false, 89 * time.Second, 95 * time.Second},
		} {
			require.Equal(t, want.operation, events[i].Operation)
			require.Equal(t, want.failed, errors.Is(events[i].Err, roomtokens.ErrServer))
			require.Equal(t, want.failed, events[i].Err != nil)
			require.GreaterOrEqual(t, events[i].Wait, want.least)
			require.LessOrEqual(t, events[i].Wait, want.most)
		}
	})
}

// TestTokenSourceInvalidatedDuringARefresh: the refresh fails, and the token that it was to follow is gone.
func TestTokenSourceInvalidatedDuringARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source *roomtokens.TokenSource
		var token *roomtokens.ClientToken
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		server.refresh = func(w http.ResponseWriter, req *http.Request) {
			source.Invalidate(token)
			respond(500, "", "")(w, req)
		}
		source = server.source(t)
		token = requireToken(t, source, "create-1")
		time.Sleep(9*time.Minute + 31*time.Second)
		requireToken(t, source, "create-1")
		synctest.Wait()
		requireToken(t, source, "create-2")
	})
}

type tenantKey struct{}

// TestTokenSourceHasNoCallersContext: the first of many callers does not decide for the others.
func TestTokenSourceHasNoCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, created, roomtokens.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			assert.Nil(t, ctx.Value(tenantKey{}))
			return "", errors.New("no tenant")
		}))
		source := newSource(t, client)
		_, err := source.Token(context.WithValue(t.Context(), tenantKey{}, "first"))
		require.ErrorContains(t, err, "no tenant")
	})
}

func TestTokenSourceFetchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Hour, refreshLife: time.Hour, latency: time.Minute}
		source := server.source(t, roomtokens.WithFetchTimeout(5*time.Second))
		began := time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestTokenSourceRefreshHasHalfOfTheFetchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		server.refresh = func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }
		source := server.source(t, roomtokens.WithFetchTimeout(10*time.Second))
		requireToken(t, source, "create-1")
		time.Sleep(time.Minute)
		began := time.Now()
		requireToken(t, source, "create-2")
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

// TestTokenSourceFetchTimeoutBelowThePace: waiting for the pace of Invalidate is no part of a fetch.
func TestTokenSourceFetchTimeoutBelowThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Hour, refreshLife: time.Hour}
		source := server.source(t, roomtokens.WithFetchTimeout(time.Second/2))
		source.Invalidate(requireToken(t, source, "create-1"))
		source.Invalidate(requireToken(t, source, "refresh-2"))
		requireToken(t, source, "refresh-3")
	})
}

// TestTokenSourceCreatesAfterARefreshThatPanics, and its observer hears of both.
func TestTokenSourceCreatesAfterARefreshThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []roomtokens.FetchEvent
		server := &issuer{
			life: time.Minute, refreshLife: time.Hour,
			refresh: func(http.ResponseWriter, *http.Request) { panic("refresh is broken") },
		}
		source := server.source(t, roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) { events = append(events, e) }))
		requireToken(t, source, "create-1")
		time.Sleep(57 * time.Second)
		requireToken(t, source, "create-1") // and a refresh in the background
		synctest.Wait()
		require.Len(t, events, 2)
		require.ErrorContains(t, events[1].Err, "roomtokens: RefreshRoomClientToken: panic: refresh is broken")
		require.Positive(t, events[1].Wait)
		time.Sleep(2 * time.Second)
		requireToken(t, source, "create-2")
		synctest.Wait()
		synctest.Wait()
		require.Len(t, events, 4)
	})
}

// TestTokenSourceObserverMayAskTheSource: the token is there before its observer hears of it.
func TestTokenSourceObserverMayAskTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source *roomtokens.TokenSource
		heard, failed := "", errors.New("not heard of")
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		source = server.source(t, roomtokens.WithFetchObserver(func(roomtokens.FetchEvent) {
			token, err := source.Token(context.Background())
			heard, failed = string(token.Token), err
		}))
		requireToken(t, source, "create-1")
		synctest.Wait()
		require.NoError(t, failed)
		require.Equal(t, "create-1", heard)
	})
}

// TestTokenSourceAndUnusableLifetimes leaves the details to TestLifetimeLength.
func TestTokenSourceAndUnusableLifetimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := (&issuer{refreshLife: time.Hour}).source(t).Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
		require.ErrorContains(t, err, "roomtokens: CreateRoomClientToken: 201 Created: invalid response: the token had expired")

		source := (&issuer{life: 2 * time.Hour, refreshLife: 1000 * time.Hour}).source(t)
		requireToken(t, source, "create-1")
		time.Sleep(time.Hour)
		requireToken(t, source, "refresh-2")
		time.Sleep(24 * time.Hour)
		requireToken(t, source, "create-3")
	})
}
