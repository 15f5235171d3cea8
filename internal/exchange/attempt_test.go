package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		requests := 0
		s := newSender(t, Config{HTTPClient: memory(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.Header().Set("Location", "https://evil.example/collect")
			w.WriteHeader(status)
		})})
		require.Equal(t, status, send(t.Context(), t, s, anyURL).Status())
		require.Equal(t, 1, requests)
	}
}

// TestCallersHTTPClientIsNotModified, and needs no transport.
func TestCallersHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(respond(http.StatusCreated))
	t.Cleanup(server.Close)
	for _, caller := range []http.Client{{Transport: memory(busy).Transport, Timeout: time.Minute}, {}} {
		given := caller
		require.NoError(t, send(t.Context(), t, newSender(t, Config{HTTPClient: &given}), server.URL).Err)
		require.Nil(t, given.CheckRedirect)
		require.Equal(t, caller.Timeout, given.Timeout)
		require.IsType(t, caller.Transport, given.Transport)
	}
}

func TestTimeoutOfTheCallersClientBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, 3 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			caller := &http.Client{Transport: roundTrip(stalled), Timeout: timeout}
			want := 7 * time.Second
			if timeout == 3*time.Second {
				want = timeout
			}
			began := time.Now()
			result := send(t.Context(), t, newSender(t, Config{HTTPClient: caller, AttemptTimeout: 7 * time.Second}), anyURL)
			require.ErrorContains(t, result.Err, "attempt timed out after "+want.String())
			require.Equal(t, want, time.Since(began))
		})
	}
}

// TestCookies has a server that renews its cookie with each response: a retry sends the current one, once. The cookies
// are those of the host that the request is for.
func TestCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		jar.SetCookies(&url.URL{Scheme: "https", Host: "tenant.example"}, []*http.Cookie{{Name: "session", Value: "0"}})
		var sent []string
		caller := memory(func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.Header.Get("Cookie"))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: strconv.Itoa(len(sent)), Path: "/"})
			busy(w, req)
		})
		caller.Jar = jar
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, anyURL, http.NoBody)
		require.NoError(t, err)
		req.Host = "tenant.example"
		req.AddCookie(&http.Cookie{Name: "own", Value: "1"})
		_, err = newSender(t, Config{HTTPClient: caller, MaxRetries: 2}).Send(req, Call{Operation: create})
		require.NoError(t, err)
		require.Equal(t, []string{"own=1; session=0", "own=1; session=1", "own=1; session=2"}, sent)
	})
}

// TestMiddleware sees each attempt as it is sent, knows its operation and number, may change its URL in place, and sees
// the response as it came.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		middleware := func(name string) func(http.RoundTripper) http.RoundTripper {
			return func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) {
					attempt, ok := AttemptFromContext(req.Context())
					require.True(t, ok)
					seen = append(seen, fmt.Sprint(name, attempt, req.Header.Get("Authorization")))
					req.URL.Path = "/" + name + req.URL.Path
					resp, err := next.RoundTrip(req)
					require.NoError(t, err)
					seen = append(seen, name+" "+resp.Status)
					return resp, err
				})
			}
		}
		s := newSender(t, Config{
			MaxRetries: 1, Authorize: keys("key", "key"),
			Middleware: []func(http.RoundTripper) http.RoundTripper{middleware("outer"), middleware("inner")},
			HTTPClient: memory(func(w http.ResponseWriter, req *http.Request) {
				require.Equal(t, "/inner/outer/v2/rooms", req.URL.Path)
				busy(w, req)
			}),
		})
		send(t.Context(), t, s, anyURL)
		const status = " 503 Service Unavailable"
		var want []string
		for _, attempt := range []string{"{CreateRoomClientToken 1}Bearer key", "{CreateRoomClientToken 2}Bearer key"} {
			want = append(want, "outer"+attempt, "inner"+attempt, "inner"+status, "outer"+status)
		}
		require.Equal(t, want, seen)
	})
	_, ok := AttemptFromContext(t.Context())
	require.False(t, ok)
}

func TestSwitchingProtocolsHasNoBody(t *testing.T) {
	t.Parallel()
	unread := io.NopCloser(failing{errors.New("what follows a 101 is no body, and may never end")})
	caller := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: unread}, nil
	})}
	result := send(t.Context(), t, newSender(t, Config{HTTPClient: caller}), anyURL)
	require.NoError(t, result.Err)
	require.Empty(t, result.Body)
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]error{MaxBodyBytes: nil, MaxBodyBytes + 1: ErrTooLarge} {
		body, err := readBody(&http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", size)))})
		require.Equal(t, want, err)
		require.Len(t, body, MaxBodyBytes)
	}
}

// TestBodyThatBreaksOff keeps what came of it, and is closed.
func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	closed := false
	body, err := readBody(&http.Response{
		StatusCode: http.StatusCreated,
		Body:       closer{io.MultiReader(strings.NewReader("some"), failing{io.ErrUnexpectedEOF}), &closed},
	})
	require.Equal(t, "some", string(body))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, closed)
}

// closer tells that it was closed.
type closer struct {
	io.Reader
	closed *bool
}

func (c closer) Close() error { *c.closed = true; return nil }

// lateContext has ended by its deadline, which its timer has yet to notice.
type lateContext struct{ context.Context }

func (lateContext) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }

func TestContextError(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	failed := errors.New("connection reset")
	require.NoError(t, ContextError(t.Context(), nil))
	require.Equal(t, failed, ContextError(t.Context(), failed))
	require.Equal(t, context.DeadlineExceeded, ContextError(lateContext{t.Context()}, nil))
	require.Equal(t, context.Canceled, ContextError(lateContext{canceled}, nil))
	require.Equal(t, context.Canceled, ContextError(canceled, context.Canceled), "it matches already")
	require.EqualError(t, ContextError(canceled, failed), "context canceled: connection reset")
}
