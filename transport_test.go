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
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			requests := 0
			client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("Location", "https://evil.example/collect")
				w.WriteHeader(status)
			})
			for _, call := range []func() error{
				func() error { _, err := create(t, client); return err },
				func() error { _, err := refresh(t, client); return err },
			} {
				requests = 0
				refused, ok := errors.AsType[*roomtokens.Error](call())
				require.True(t, ok)
				require.Equal(t, status, refused.StatusCode)
				require.Equal(t, 1, requests)
			}
		})
	}
}

func TestCallersHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := memory(func(w http.ResponseWriter, req *http.Request) {
		if _, err := req.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
			http.Error(w, "first", http.StatusForbidden)
			return
		}
		created(w, req)
	})
	caller := &http.Client{Transport: transport, Jar: jar, Timeout: time.Minute}
	client := newClient(t, nil, roomtokens.WithHTTPClient(caller))

	_, err = create(t, client)
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	_, err = create(t, client)
	require.NoError(t, err, "the caller's cookie jar is used")

	require.Nil(t, caller.CheckRedirect)
	require.Equal(t, time.Minute, caller.Timeout)
	require.IsType(t, transport, caller.Transport)
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
				client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Transport: roundTrip(stalled), Timeout: row.callers}),
					roomtokens.WithAttemptTimeout(row.option))
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

// countConnections counts those that a server is about to accept.
func countConnections(server *httptest.Server) *atomic.Int64 {
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	return &connections
}

// TestConnectionsAreReused holds connections against every way in which a body may end.
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
			server := httptest.NewUnstartedServer(handler)
			connections := countConnections(server)
			server.Start()
			t.Cleanup(server.Close)
			client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
			require.NoError(t, err)
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
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		// The first round meets here, so that every caller needs a connection of its own.
		if waiting.Add(1) == callers {
			close(barrier)
		}
		<-barrier
		created(w, req)
	}))
	connections := countConnections(server)
	server.Start()
	t.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
	require.NoError(t, err)
	for range rounds {
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				_, err := create(t, client)
				if err != nil {
					t.Error(err)
				}
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
	connections := countConnections(server)
	server.StartTLS()
	tb.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey,
		append([]roomtokens.Option{roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0)}, opts...)...)
	require.NoError(tb, err)
	transport := roomtokens.OwnTransport(client)
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	tb.Cleanup(transport.CloseIdleConnections)
	return client, connections
}

// TestCookies has a server that renews its cookie with each response: a retry sends the current one, once.
func TestCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		var sent []string
		client := newClient(t, nil, roomtokens.WithMaxRetries(2), editor(func(req *http.Request) {
			req.AddCookie(&http.Cookie{Name: "own", Value: "1"})
		}), roomtokens.WithHTTPClient(&http.Client{Jar: jar, Transport: memory(func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.Header.Get("Cookie"))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: strconv.Itoa(len(sent))})
			retryAfter("1")(w, req)
		})}))
		_, err = create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, []string{"own=1", "own=1; session=1", "own=1; session=2"}, sent)
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
		client := newClient(t, script(retryAfter("1"), func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("X-Request-Id", "req-2")
			created(w, req)
		}), roomtokens.WithMaxRetries(1), middleware("outer"), middleware("inner"))
		_, err := create(t, client)
		require.NoError(t, err)
		require.Equal(t, []string{
			"outer Bearer " + apiKey, "inner Bearer " + apiKey, "inner 429 Too Many Requests ", "outer 429 Too Many Requests ",
			"outer Bearer " + apiKey, "inner Bearer " + apiKey, "inner 201 Created req-2", "outer 201 Created req-2",
		}, seen)
	})
}

// TestMiddlewareKeepsThePool wraps the package's own transport.
func TestMiddlewareKeepsThePool(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(created))
	connections := countConnections(server)
	server.Start()
	t.Cleanup(server.Close)
	attempts := 0
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL),
		roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) { attempts++; return next.RoundTrip(req) })
		}))
	require.NoError(t, err)
	for range 10 {
		_, err := create(t, client)
		require.NoError(t, err)
	}
	require.Equal(t, 10, attempts)
	require.EqualValues(t, 1, connections.Load())
	client.CloseIdleConnections()
	_, err = create(t, client)
	require.NoError(t, err)
	require.EqualValues(t, 2, connections.Load())
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
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.ErrorContains(t, err, "attempt timed out after 20ms")
				})
			}
			group.Wait()
		})
	}
}

// TestAnnouncedLengthIsNotAllocated: a body is first read into little, whatever its sender announces.
func TestAnnouncedLengthIsNotAllocated(t *testing.T) {
	t.Parallel()
	client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
		body := readerFunc(func(p []byte) (int, error) {
			require.LessOrEqual(t, len(p), 4<<10)
			return 0, io.ErrUnexpectedEOF
		})
		return &http.Response{StatusCode: 500, ContentLength: 1 << 20, Body: io.NopCloser(body)}, nil
	}))
	_, err := create(t, client)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
