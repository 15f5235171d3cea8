package roomtokens_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
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

// fetchTimeout is how long a fetch takes at most. A bubble of synctest must not end before its goroutines do.
const fetchTimeout = time.Minute

// hang responds when nobody waits any longer.
func hang(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }

// brokenRefreshes are ways in which refresh fails for good, with nil for a response with the old token.
func brokenRefreshes() map[string]http.HandlerFunc {
	broken := map[string]http.HandlerFunc{
		"the old token":         nil,
		"no response":           hang,
		"429 with Retry-After":  retryAfter("30"),
		"201 without an expiry": respond(201, "application/json", `{"data":{"token":"t"}}`),
		"panic":                 func(http.ResponseWriter, *http.Request) { panic("refresh is broken") },
	}
	for _, status := range []int{200, 307, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503} {
		broken[strconv.Itoa(status)] = respond(status, "", "")
	}
	return broken
}

// TestTokenSourceCreatesWhereRefreshFails before the token expires, so that no caller has to wait, and no more often.
func TestTokenSourceCreatesWhereRefreshFails(t *testing.T) {
	t.Parallel()
	const lifetimes = 24
	for secs, latency := range map[int]time.Duration{600: 0, 60: time.Second} {
		t.Run(strconv.Itoa(secs), func(t *testing.T) {
			t.Parallel()
			inBubbles(t, brokenRefreshes(), func(t *testing.T, _ string, refresh http.HandlerFunc) {
				server := newWorld()
				server.latency = latency
				if refresh == nil {
					refresh = server.repeat
				}
				server.replace(api.OperationRefreshRoomClientToken, refresh)
				client := newClient(t, server.ServeHTTP, roomtokens.WithMaxRetries(2))
				source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: secs})
				require.NoError(t, err)
				requireToken(t, source)
				began := time.Now()
				for range lifetimes * secs {
					token, err := source.Token(t.Context())
					require.NoError(t, err)
					require.True(t, time.Now().Before(token.TokenExpiresAt))
					time.Sleep(time.Second)
				}
				require.Equal(t, lifetimes*secs, int(time.Since(began)/time.Second), "nobody waited")
				time.Sleep(fetchTimeout) // until the last fetch has ended
				require.GreaterOrEqual(t, server.creates(), lifetimes)
				require.LessOrEqual(t, server.creates(), lifetimes*3/2+2, "a refused refresh token is replaced at once")
			})
		})
	}
}

// TestTokenSourceRefusedRefreshToken is not used again, where one that met another failure is.
func TestTokenSourceRefusedRefreshToken(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[int]bool{
		401: true, 403: true, 404: true, 422: true, 400: false, 409: false, 429: false, 500: false,
	}, func(t *testing.T, status int, refused bool) {
		server := newWorld()
		source := server.source(t, 60)
		requireToken(t, source)
		time.Sleep(time.Minute)
		server.fail(status)
		_, err := source.Token(t.Context())
		require.Equal(t, status, asError(t, err).StatusCode)
		require.Equal(t, api.OperationCreateRoomClientToken, asError(t, err).Operation)
		requireRequests(t, server, 2, 1)
		server.replace(api.OperationRefreshRoomClientToken, nil)
		server.replace(api.OperationCreateRoomClientToken, respond(500, "", ""))
		time.Sleep(time.Second)
		_, err = source.Token(t.Context())
		require.Equal(t, refused, err != nil)
	})
}

// TestTokenSourceReportsTheFetchThatACallerWaitedFor, though the next one is due by then.
func TestTokenSourceReportsTheFetchThatACallerWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []roomtokens.FetchEvent
		server := newWorld()
		source := server.source(t, 60, roomtokens.WithFetchTimeout(20*time.Second),
			roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) { events = append(events, e) }))
		requireToken(t, source)
		server.replace(api.OperationRefreshRoomClientToken, respond(500, "", ""))
		server.replace(api.OperationCreateRoomClientToken, hang)
		time.Sleep(time.Minute)
		began := time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.LessOrEqual(t, time.Since(began), 20*time.Second)
		synctest.Wait()
		require.Len(t, events, 4)
		require.Zero(t, events[2].Wait)
		requireRequests(t, server, 2, 2)
	})
}

func TestTokenSourceSurvivesGoexit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		exit := func(http.ResponseWriter, *http.Request) { runtime.Goexit() }
		source := newSource(t, newClient(t, script(exit, newWorld().ServeHTTP)))
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "roomtokens: CreateRoomClientToken: the goroutine")
		time.Sleep(time.Second)
		requireToken(t, source)
	})
}

// TestTokenSourceSurvivesPanics: net/http's recover does not reach the goroutine of a fetch.
func TestTokenSourceSurvivesPanics(t *testing.T) {
	t.Parallel()
	inBubbles(t, hooks(), func(t *testing.T, _ string, option func(func()) roomtokens.Option) {
		var once sync.Once
		panicOnce := func() { once.Do(func() { panic("no vault at " + refreshToken) }) }
		source := newSource(t, newClient(t, newWorld().ServeHTTP, option(panicOnce)))
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "roomtokens: CreateRoomClientToken: panic: no vault at [REDACTED]")
		panicked, ok := errors.AsType[*roomtokens.PanicError](err)
		require.True(t, ok)
		require.Contains(t, string(panicked.Stack), "TestTokenSourceSurvivesPanics")
		time.Sleep(time.Second)
		requireToken(t, source)
	})
}

// hooks are options for what a caller of the package brings to a fetch: run goes before it does its work.
func hooks() map[string]func(run func()) roomtokens.Option {
	return map[string]func(func()) roomtokens.Option{
		"key function": func(run func()) roomtokens.Option {
			return roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { run(); return apiKey, nil })
		},
		"request editor": func(run func()) roomtokens.Option {
			return withEditor(func(*http.Request) { run() })
		},
		"transport": func(run func()) roomtokens.Option {
			return withMiddleware(func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
				run()
				return next.RoundTrip(req)
			})
		},
	}
}

// TestTokenSourceLeavesBehind what ignores its context: callers get an error at the fetch timeout, the observer is
// told, and the next fetch begins.
func TestTokenSourceLeavesBehind(t *testing.T) {
	t.Parallel()
	inBubbles(t, hooks(), func(t *testing.T, _ string, option func(func()) roomtokens.Option) {
		hung := make(chan struct{})
		var calls atomic.Int64
		var events []roomtokens.FetchEvent
		server := newWorld()
		source := newSource(t, newClient(t, server.ServeHTTP, option(func() {
			if calls.Add(1) == 1 {
				<-hung
			}
		})), roomtokens.WithFetchTimeout(20*time.Second),
			roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) { events = append(events, e) }))
		began := time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "CreateRoomClientToken: a key function, request editor or transport goes on")
		require.InDelta(t, 20*time.Second, time.Since(began), float64(time.Second))
		time.Sleep(time.Second)
		token := requireToken(t, source)
		require.Len(t, events, 2)
		require.ErrorIs(t, events[0].Err, context.DeadlineExceeded)
		require.NoError(t, events[1].Err)

		close(hung) // what it brings is late
		synctest.Wait()
		require.Same(t, token, requireToken(t, source))
		require.Len(t, events, 2)
	})
}

// TestTokenSourceWhoseRefreshHangs for good is never without a token for longer than one refresh may take.
func TestTokenSourceWhoseRefreshHangs(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			hung, server := make(chan struct{}), newWorld()
			source := newSource(t, newClient(t, nil, withTransport(func(req *http.Request) (*http.Response, error) {
				if operationOf(req) == api.OperationRefreshRoomClientToken {
					<-hung
				}
				return memory(server.ServeHTTP).RoundTrip(req)
			})), roomtokens.WithInitialToken(createPair(t, server)), roomtokens.WithFetchTimeout(timeout))
			for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(time.Second) {
				requireToken(t, source)
			}
			close(hung)
		})
	}
}

// TestTokenSourceLeavesTwoBehind, and says so until one of them ends.
func TestTokenSourceLeavesTwoBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan struct{})
		var calls atomic.Int64
		source := newSource(t, newClient(t, newWorld().ServeHTTP, hooks()["key function"](func() {
			if calls.Add(1) <= 2 {
				<-hung
			}
		})), roomtokens.WithFetchTimeout(time.Second))
		for range 2 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, context.DeadlineExceeded)
			time.Sleep(time.Minute)
		}
		began := time.Now()
		for range 10 {
			_, err := source.Token(t.Context())
			require.EqualError(t, err, "roomtokens: TokenSource: two fetches go on though their contexts have ended, "+
				"in a key function, request editor or transport: the next one begins when one of them ends")
		}
		require.Zero(t, time.Since(began))
		require.EqualValues(t, 2, calls.Load())

		time.AfterFunc(12*time.Second, func() { hung <- struct{}{} })
		failures := 0
		for token, err := range source.Tokens(t.Context()) {
			if err == nil {
				require.NotEmpty(t, token.Token)
				break
			}
			failures++
		}
		require.Equal(t, 1, failures, "a loop is told, too")
		require.Equal(t, 12*time.Second, time.Since(began), "it is told at once")
		close(hung)
	})
}

type tenantKey struct{}

// TestTokenSourceFetchHasAContextOfItsOwn: the first of many callers does not decide for the others.
func TestTokenSourceFetchHasAContextOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetch context.Context
		client := newClient(t, unreached(t), roomtokens.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			fetch = ctx
			assert.Nil(t, ctx.Value(tenantKey{}))
			return "", errors.New("no tenant")
		}))
		_, err := newSource(t, client).Token(context.WithValue(t.Context(), tenantKey{}, "first"))
		require.ErrorContains(t, err, "no tenant")
		synctest.Wait()
		require.ErrorIs(t, fetch.Err(), context.Canceled, "it ends with the fetch")
	})
}

// TestTokenSourceFetchTimeout bounds a fetch, and half of it a refresh, or half of what is left of the token.
func TestTokenSourceFetchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		source := server.source(t, 60, roomtokens.WithFetchTimeout(10*time.Second))
		requireToken(t, source)
		server.replace(api.OperationRefreshRoomClientToken, hang)
		time.Sleep(time.Minute)
		began := time.Now()
		requireToken(t, source)
		require.Equal(t, 5*time.Second, time.Since(began))

		time.Sleep(58 * time.Second)
		requireToken(t, source)
		time.Sleep(time.Second/2 - 1)
		require.Equal(t, 2, server.creates())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, 3, server.creates())

		server.replace(api.OperationCreateRoomClientToken, hang)
		time.Sleep(2 * time.Minute)
		began = time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(began))
		time.Sleep(fetchTimeout) // until the fetch that was due by then has ended
	})
}
