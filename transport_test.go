package roomtokens_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
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
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
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

// TestCallersHTTPClientIsNotModified, and needs no transport.
func TestCallersHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(created))
	t.Cleanup(server.Close)
	for _, caller := range []http.Client{{Transport: memory(created), Timeout: time.Minute}, {}} {
		given := caller
		_, err := create(t, newClient(t, nil, roomtokens.WithHTTPClient(&given), roomtokens.WithBaseURL(server.URL)))
		require.NoError(t, err)
		require.Nil(t, given.CheckRedirect)
		require.Equal(t, caller.Timeout, given.Timeout)
		require.IsType(t, caller.Transport, given.Transport)
	}
}

func TestTimeoutOfTheCallersClientBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{3 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			caller := &http.Client{Transport: roundTrip(stalled), Timeout: timeout}
			want := min(timeout, 7*time.Second)
			client := newClient(t, nil, roomtokens.WithHTTPClient(caller), roomtokens.WithAttemptTimeout(7*time.Second))
			began := time.Now()
			_, err := create(t, client)
			require.ErrorContains(t, err, "attempt timed out after "+want.String())
			require.Equal(t, want, time.Since(began))
		})
	}
}

// TestConnectionsAreReused, whichever way a body ends, and below middleware, until the Client is told to close them.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"201":                            created,
		"500 with a body of many chunks": respond(http.StatusInternalServerError, "", string(make([]byte, 900<<10))),
		"307":                            respond(http.StatusTemporaryRedirect, "text/plain", "elsewhere"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, connections := loopback(t, false, handler, withMiddleware(
				func(req *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(req) }))
			for range 10 {
				_, _ = create(t, client)
			}
			require.EqualValues(t, 1, connections.Load())
			client.CloseIdleConnections()
			_, _ = create(t, client)
			require.EqualValues(t, 2, connections.Load())
		})
	}
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

// TestCookies has a server that renews its cookie with each response: a retry sends the current one, once. As with an
// http.Client, the cookies are those of the host that an editor has set.
func TestCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		jar.SetCookies(&url.URL{Scheme: "https", Host: "tenant.example"}, []*http.Cookie{{Name: "session", Value: "0"}})
		var sent []string
		transport := memory(func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.Header.Get("Cookie"))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: strconv.Itoa(len(sent)), Path: "/"})
			retryAfter("1")(w, req)
		})
		client := newClient(t, nil, roomtokens.WithMaxRetries(2),
			roomtokens.WithHTTPClient(&http.Client{Jar: jar, Transport: transport}),
			withEditor(func(req *http.Request) {
				req.Host = "tenant.example"
				req.AddCookie(&http.Cookie{Name: "own", Value: "1"})
			}))
		_, err = create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, []string{"own=1; session=0", "own=1; session=1", "own=1; session=2"}, sent)
	})
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
		client := newClient(t, nil, roomtokens.WithHTTPClient(caller), roomtokens.WithAttemptTimeout(1))
		_, err := create(t, client)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, emptied)
		client.CloseIdleConnections()
		require.Equal(t, 1, emptied)
		newClient(t, nil, withTransport(stalled)).CloseIdleConnections() // that has none
	})
}

// TestMiddleware sees each attempt as it is sent, knows its operation and number, may change its URL in place, and sees
// the response as it came.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		middleware := func(name string) roomtokens.Option {
			return withMiddleware(func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
				attempt, ok := roomtokens.AttemptFromContext(req.Context())
				require.True(t, ok)
				seen = append(seen, fmt.Sprint(name, attempt, req.Header.Get("Authorization")))
				req.URL.Path = "/" + name + req.URL.Path
				resp, err := next.RoundTrip(req)
				require.NoError(t, err)
				seen = append(seen, name+" "+resp.Status+" "+resp.Header.Get("X-Request-Id"))
				return resp, err
			})
		}
		responses := script(retryAfter("1"), withHeader("X-Request-Id", "req-2", created))
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			require.Regexp(t, "^/inner/outer/v2/rooms/[^/]+/actions/[a-z_]+$", req.URL.Path)
			responses(w, req)
		}, roomtokens.WithMaxRetries(1), middleware("outer"), middleware("inner"),
			roomtokens.WithRequestEditor(func(ctx context.Context, _ *http.Request) error {
				_, ok := roomtokens.AttemptFromContext(ctx)
				require.False(t, ok)
				return nil
			}))
		_, err := create(t, client)
		require.NoError(t, err)
		params := api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken}
		_, err = closeBody(client.API().RefreshRoomClientToken(t.Context(), roomID, params))
		require.NoError(t, err)
		first, second, third := "{CreateRoomClientToken 1}Bearer "+apiKey, "{CreateRoomClientToken 2}Bearer "+apiKey,
			"{RefreshRoomClientToken 1}"
		require.Equal(t, []string{
			"outer" + first, "inner" + first, "inner 429 Too Many Requests ", "outer 429 Too Many Requests ",
			"outer" + second, "inner" + second, "inner 201 Created req-2", "outer 201 Created req-2",
			"outer" + third, "inner" + third, "inner 201 Created req-2", "outer 201 Created req-2",
		}, seen)
	})
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
					assert.ErrorIs(t, err, context.DeadlineExceeded) //nolint:testifylint // require must not be called in a goroutine
					assert.ErrorContains(t, err, "attempt timed out after 20ms")
				})
			}
			group.Wait()
		})
	}
}

// countingConn counts what is written at once.
type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestHeaderAndBodyAreOneWrite: net/http sends a body of a type that it does not know in a packet of its own.
func TestHeaderAndBodyAreOneWrite(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	httpClient := fake.HTTPClient()
	transport := httpClient.Transport.(*http.Transport)
	dial := transport.DialTLSContext
	var writes atomic.Int64
	transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return countingConn{conn, &writes}, err
	}
	client := fake.Client(roomtokens.WithHTTPClient(httpClient))
	_, err := create(t, client)
	require.NoError(t, err)
	_, err = createThroughAPI(t, client)
	require.NoError(t, err)
	require.EqualValues(t, 2, writes.Load(), "of two requests")
}
