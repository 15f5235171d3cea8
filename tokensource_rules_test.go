package roomtokens_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// brokenRefreshes are ways in which refresh fails for good. Each is made anew, since one remembers.
func brokenRefreshes() map[string]http.HandlerFunc {
	broken := map[string]http.HandlerFunc{
		"429 with Retry-After":  retryAfter("30"),
		"hangs":                 func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() },
		"201 without an expiry": respond(http.StatusCreated, "application/json", `{"data":{"token":"t"}}`),
		"201 that has expired": respond(http.StatusCreated, "application/json",
			`{"data":{"token":"t","token_expires_at":"1999-01-01T00:00:00Z"}}`),
		"panics": func(http.ResponseWriter, *http.Request) { panic("refresh is broken") },
	}
	for _, status := range []int{200, 307, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 503} {
		broken[fmt.Sprint(status)] = respond(status, "", "")
	}
	return broken
}

// world is a server for one source, whose refresh may be replaced, and what the source asked of it.
type world struct {
	*roomtokenstest.Server
	refresh http.HandlerFunc // in place of the server's own, where it is not nil
	latency time.Duration    // of the server's own responses

	mu       sync.Mutex
	requests map[api.Operation]int
	created  string // the last response of create
}

func newWorld() *world {
	return &world{
		Server:   roomtokenstest.NewServer(roomtokenstest.WithAPIKey(apiKey)),
		requests: map[api.Operation]int{},
	}
}

func (w *world) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	operation := api.OperationCreateRoomClientToken
	if strings.HasSuffix(req.URL.Path, "/refresh_client_token") {
		operation = api.OperationRefreshRoomClientToken
	}
	w.mu.Lock()
	w.requests[operation]++
	w.mu.Unlock()
	if operation == api.OperationRefreshRoomClientToken && w.refresh != nil {
		w.refresh(rw, req)
		return
	}
	time.Sleep(w.latency)
	recorder := httptest.NewRecorder()
	w.Server.ServeHTTP(recorder, req)
	if operation == api.OperationCreateRoomClientToken {
		w.mu.Lock()
		w.created = recorder.Body.String()
		w.mu.Unlock()
	}
	maps.Copy(rw.Header(), recorder.Header())
	respond(recorder.Code, "", recorder.Body.String())(rw, req)
}

func (w *world) count(operation api.Operation) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[operation]
}

// repeat responds to a refresh with the token that create gave, which ends when it did.
func (w *world) repeat(rw http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	respond(http.StatusCreated, "application/json", w.created)(rw, req)
}

// TestTokenSourceNeverWithoutAToken: while create works, callers wait for the first token alone, however refresh fails.
func TestTokenSourceNeverWithoutAToken(t *testing.T) {
	t.Parallel()
	broken := brokenRefreshes()
	broken["the same token"] = nil
	for name, refresh := range broken {
		for secs, latency := range map[int]time.Duration{600: 0, 60: time.Second} {
			t.Run(fmt.Sprintf("%s/%d", name, secs), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := newWorld()
					server.latency = latency
					if server.refresh = refresh; refresh == nil {
						server.refresh = server.repeat
					}
					client := newClient(t, server.ServeHTTP, roomtokens.WithMaxRetries(2))
					source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: secs})
					require.NoError(t, err)
					_, err = source.Token(t.Context())
					require.NoError(t, err)
					failed, waited, seconds := 0, time.Duration(0), 24*secs
					for range seconds {
						asked := time.Now()
						token, err := source.Token(t.Context())
						if err != nil || !token.TokenExpiresAt.After(time.Now()) {
							failed++
						}
						waited += time.Since(asked)
						time.Sleep(time.Second)
					}
					require.Zero(t, failed, "of %d calls", seconds)
					require.Zero(t, waited)
					synctest.Wait()
					require.GreaterOrEqual(t, server.count(api.OperationCreateRoomClientToken), 24)
					require.LessOrEqual(t, server.count(api.OperationCreateRoomClientToken), 28)
				})
			})
		}
	}
}

// TestTokenSourceObeysRetryAfter between fetches, up to 30 s, whatever the operation.
func TestTokenSourceObeysRetryAfter(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]time.Duration{
		"20": 20 * time.Second, "30": 30 * time.Second, "3600": 30 * time.Second,
	} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var last time.Time
				source := newSource(t, newClient(t, func(w http.ResponseWriter, req *http.Request) {
					require.True(t, last.IsZero() || time.Since(last) >= want, "%v", time.Since(last))
					last = time.Now()
					retryAfter(asked)(w, req)
				}))
				for range 300 {
					_, err := source.Token(t.Context())
					require.ErrorIs(t, err, roomtokens.ErrRateLimited)
					require.LessOrEqual(t, time.Since(last), 35*time.Second)
					time.Sleep(time.Second)
				}
			})
		})
	}
}

func TestTokenSourceMatchesTheCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, newClient(t, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }))
		shutdown := errors.New("shutdown")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(shutdown) })
		for range 2 { // while it waits, and with a context that has ended
			_, err := source.Token(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, shutdown)
			require.ErrorContains(t, err, "roomtokens: TokenSource: ")
		}
		time.Sleep(time.Minute) // until the fetch has ended
	})
}

// TestTokenSourceObserverMustNotPanic: it would end the process, as does this test's own, run again as a child.
func TestTokenSourceObserverMustNotPanic(t *testing.T) {
	t.Parallel()
	const child = "ROOMTOKENS_TEST_OBSERVER_PANICS"
	if os.Getenv(child) != "" {
		source := newSource(t, newClient(t, newWorld().ServeHTTP),
			roomtokens.WithFetchObserver(func(roomtokens.FetchEvent) { panic("observer is broken") }))
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		<-t.Context().Done()
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	command.Env = append(os.Environ(), child+"=1")
	output, err := command.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "panic: observer is broken")
}
