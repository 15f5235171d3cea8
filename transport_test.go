package roomtokens_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
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

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		requests := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			requests++
			withHeader("Location", "https://evil.example/collect", respond(status, "", ""))(w, req)
		})
		_, err := create(t, client)
		require.Equal(t, status, asError(t, err).StatusCode)
		_, err = refresh(t, client)
		require.Equal(t, status, asError(t, err).StatusCode)
		require.Equal(t, 2, requests)
	}
}

func TestCallersHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	caller := http.Client{Transport: memory(created), Timeout: time.Minute}
	given := caller
	_, err := create(t, newClient(t, nil, roomtokens.WithHTTPClient(&given)))
	require.NoError(t, err)
	require.Nil(t, given.CheckRedirect)
	require.Equal(t, caller.Timeout, given.Timeout)
	require.IsType(t, caller.Transport, given.Transport)
}

func TestTimeoutsBoundAnAttempt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		callers, option, want time.Duration
	}{
		"shorter than the attempt timeout": {3 * time.Second, 15 * time.Second, 3 * time.Second},
		"longer than the attempt timeout":  {time.Minute, 7 * time.Second, 7 * time.Second},
		"none":                             {0, 7 * time.Second, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				caller := &http.Client{Transport: roundTrip(stalled), Timeout: row.callers}
				client := newClient(t, nil, roomtokens.WithHTTPClient(caller), roomtokens.WithAttemptTimeout(row.option))
				began := time.Now()
				_, err := create(t, client)
				require.ErrorContains(t, err, "attempt timed out after "+row.want.String())
				timeout, ok := errors.AsType[net.Error](err)
				require.True(t, ok)
				require.True(t, timeout.Timeout())
				require.Equal(t, row.want, time.Since(began))
			})
		})
	}
}

func TestCallersClientWithoutTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(created))
	t.Cleanup(server.Close)
	_, err := create(t, newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{}), roomtokens.WithBaseURL(server.URL)))
	require.NoError(t, err)
}

// createdInChunks is a response of unknown length.
func createdInChunks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	for part := range slices.Chunk([]byte(createdBody), 100) {
		_, _ = w.Write(part)
		w.(http.Flusher).Flush()
	}
}

// TestConnectionsAreReused, whichever way a body ends.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"201":                      created,
		"201, chunked":             createdInChunks,
		"403 with a body":          respond(http.StatusForbidden, "application/json", `{"code":"10010","title":"no"}`),
		"500 with a long body":     respond(http.StatusInternalServerError, "text/plain", string(make([]byte, 900<<10))),
		"307":                      respond(http.StatusTemporaryRedirect, "text/plain", "elsewhere"),
		"201 that breaks the spec": respond(http.StatusCreated, "application/json", `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, connections := loopback(t, false, handler)
			for range 20 {
				_, _ = create(t, client)
			}
			require.EqualValues(t, 1, connections.Load())
		})
	}
}

func TestIdleConnectionsAreKeptForManyCallers(t *testing.T) {
	t.Parallel()
	const callers, rounds = 128, 5
	barrier := make(chan struct{})
	var waiting atomic.Int64
	client, connections := loopback(t, false, func(w http.ResponseWriter, req *http.Request) {
		// The first round meets here, so that every caller needs a connection of its own.
		if waiting.Add(1) == callers {
			close(barrier)
		}
		<-barrier
		created(w, req)
	})
	for range rounds {
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				_, err := create(t, client)
				assert.NoError(t, err)
			})
		}
		group.Wait()
	}
	require.LessOrEqual(t, connections.Load(), int64(callers))
}

// loopback is a TLS server that counts its connections, and a client of the package's own transport that trusts it.
func loopback(
	tb testing.TB, http2 bool, handler http.HandlerFunc, opts ...roomtokens.Option,
) (*roomtokens.Client, *atomic.Int64) {
	tb.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // callers that close a connection early
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	tb.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey,
		append([]roomtokens.Option{roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0)}, opts...)...)
	require.NoError(tb, err)
	transport := roomtokens.OwnTransport(client)
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	tb.Cleanup(transport.CloseIdleConnections)
	return client, &connections
}

// TestCookies has a server that renews its cookie with each response: a retry sends the current one, once.
func TestCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		var sent []string
		transport := memory(func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.Header.Get("Cookie"))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: strconv.Itoa(len(sent))})
			retryAfter("1")(w, req)
		})
		client := newClient(t, nil, roomtokens.WithMaxRetries(2),
			roomtokens.WithHTTPClient(&http.Client{Jar: jar, Transport: transport}),
			withEditor(func(req *http.Request) { req.AddCookie(&http.Cookie{Name: "own", Value: "1"}) }))
		_, err = create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, []string{"own=1", "own=1; session=1", "own=1; session=2"}, sent)
	})
}

// TestCookiesAreThoseOfTheHost that an editor has set, as http.Client has them.
func TestCookiesAreThoseOfTheHost(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	jar.SetCookies(&url.URL{Scheme: "https", Host: "tenant.example"}, []*http.Cookie{{Name: "session", Value: "1"}})
	var sent []string
	transport := memory(func(w http.ResponseWriter, req *http.Request) {
		sent = append(sent, req.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "2", Path: "/"})
		created(w, req)
	})
	client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Jar: jar, Transport: transport}),
		withEditor(func(req *http.Request) { req.Host = "tenant.example" }))
	for range 2 {
		_, err = create(t, client)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"session=1", "session=2"}, sent)
}

// TestRedirectWithoutAURL is a response as any other.
func TestRedirectWithoutAURL(t *testing.T) {
	t.Parallel()
	_, err := create(t, newClient(t, withHeader("Location", "%zz", respond(http.StatusFound, "", ""))))
	require.Equal(t, http.StatusFound, asError(t, err).StatusCode)
}

// pooled is a transport that counts how often it is asked to close its connections.
type pooled struct {
	roundTrip
	emptied *int
}

func (p pooled) CloseIdleConnections() { *p.emptied++ }

// TestPoolOfTheCaller is closed when the Client is told to, and not when an attempt fails.
func TestPoolOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		emptied := 0
		caller := &http.Client{Transport: pooled{stalled, &emptied}}
		client := newClient(t, nil, roomtokens.WithHTTPClient(caller))
		_, err := create(t, client)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, emptied)
		client.CloseIdleConnections()
		require.Equal(t, 1, emptied)
		newClient(t, nil, withTransport(stalled)).CloseIdleConnections() // that has none
	})
}

// TestMiddleware sees each attempt as it is sent, and its response as it came.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		middleware := func(name string) roomtokens.Option {
			return roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) {
					seen = append(seen, name+" "+req.Header.Get("Authorization"))
					resp, err := next.RoundTrip(req)
					require.NoError(t, err)
					seen = append(seen, name+" "+resp.Status+" "+resp.Header.Get("X-Request-Id"))
					return resp, err
				})
			})
		}
		client := newClient(t, script(retryAfter("1"), withHeader("X-Request-Id", "req-2", created)),
			roomtokens.WithMaxRetries(1), middleware("outer"), middleware("inner"))
		_, err := create(t, client)
		require.NoError(t, err)
		require.Equal(t, []string{
			"outer Bearer " + apiKey, "inner Bearer " + apiKey, "inner 429 Too Many Requests ", "outer 429 Too Many Requests ",
			"outer Bearer " + apiKey, "inner Bearer " + apiKey, "inner 201 Created req-2", "outer 201 Created req-2",
		}, seen)
	})
}

// TestAttemptFromContext names operation and attempt to middleware, and to nothing else.
func TestAttemptFromContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []roomtokens.Attempt
		client := newClient(t, script(retryAfter("1"), created), roomtokens.WithMaxRetries(1),
			roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) {
					attempt, ok := roomtokens.AttemptFromContext(req.Context())
					require.True(t, ok)
					seen = append(seen, attempt)
					return next.RoundTrip(req)
				})
			}),
			roomtokens.WithRequestEditor(func(ctx context.Context, _ *http.Request) error {
				_, ok := roomtokens.AttemptFromContext(ctx)
				require.False(t, ok)
				return nil
			}))
		_, err := create(t, client)
		require.NoError(t, err)
		_, err = refreshThroughAPI(t, client)
		require.NoError(t, err)
		require.Equal(t, []roomtokens.Attempt{
			{Operation: api.OperationCreateRoomClientToken, Number: 1},
			{Operation: api.OperationCreateRoomClientToken, Number: 2},
			{Operation: api.OperationRefreshRoomClientToken, Number: 1},
		}, seen)
	})
}

// TestEachAttemptHasAURLOfItsOwn, which middleware may change in place.
func TestEachAttemptHasAURLOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.URL.Path)
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1), roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				req.URL.Path = "/gateway" + req.URL.Path
				return next.RoundTrip(req)
			})
		}))
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		path := "/gateway/v2/rooms/" + roomID.String() + "/actions/generate_join_client_token"
		require.Equal(t, []string{path, path}, sent)
	})
}

// TestMiddlewareKeepsThePool wraps the package's own transport.
func TestMiddlewareKeepsThePool(t *testing.T) {
	t.Parallel()
	attempts := 0
	client, connections := loopback(t, false, created,
		roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) { attempts++; return next.RoundTrip(req) })
		}))
	for range 10 {
		_, err := create(t, client)
		require.NoError(t, err)
	}
	require.Equal(t, 10, attempts)
	require.EqualValues(t, 1, connections.Load())
	client.CloseIdleConnections()
	_, err := create(t, client)
	require.NoError(t, err)
	require.EqualValues(t, 2, connections.Load())
}

func TestTransportSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	client, _ := loopback(t, true, func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, 2, req.ProtoMajor)
		created(w, req)
	})
	_, err := create(t, client)
	require.NoError(t, err)
}

// TestAttemptTimeoutsMatch has real sockets, whose deadlines and the context's race.
func TestAttemptTimeoutsMatch(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(strconv.FormatBool(http2), func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			client, _ := loopback(t, http2, func(http.ResponseWriter, *http.Request) { <-release },
				roomtokens.WithAttemptTimeout(20*time.Millisecond))
			t.Cleanup(func() { close(release) }) // before the server waits for its handlers
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					_, err := create(t, client)
					if assert.ErrorIs(t, err, context.DeadlineExceeded) {
						assert.ErrorContains(t, err, "attempt timed out after 20ms")
					}
				})
			}
			group.Wait()
		})
	}
}
