package roomtokenstest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// closing is a request body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestTransportClosesTheBody(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	ended, end := context.WithCancel(t.Context())
	end()
	for name, ctx := range map[string]context.Context{"responded": t.Context(), "context has ended": ended} {
		body := &closing{Reader: strings.NewReader(`{}`)}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://fake.test"+createPath, body)
		require.NoError(t, err)
		_, err = server.HTTPClient().Transport.RoundTrip(req)
		require.ErrorIs(t, err, ctx.Err())
		require.True(t, body.closed, name)
	}
	require.Len(t, server.Requests(), 1, "what is over before it begins does not arrive")
}

func TestTransportDoesNotTouchTheRequest(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	req, err := http.NewRequest(http.MethodGet, "https://fake.test/v2/rooms?x=y", nil)
	require.NoError(t, err)
	before := req.Clone(t.Context())
	resp, err := server.HTTPClient().Transport.RoundTrip(req)
	require.NoError(t, err)
	require.Same(t, req, resp.Request)
	require.Equal(t, before.Header, req.Header)
	require.Equal(t, before.URL, req.URL)
	require.Equal(t, "gzip", server.Requests()[0].Header.Get("Accept-Encoding"))
	require.Equal(t, "Go-http-client/1.1", server.Requests()[0].Header.Get("User-Agent"))
}

func TestTransportTakesARequestWithoutAHostHeader(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodGet, "https://fake.test/", nil)
	require.NoError(t, err)
	req.Host = ""
	resp, err := roomtokenstest.NewServer().HTTPClient().Transport.RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, "404 Not Found", resp.Status)
}

func TestTransportAnswersHEADWithoutABody(t *testing.T) {
	t.Parallel()
	resp, err := roomtokenstest.NewServer().HTTPClient().Head("https://fake.test" + createPath)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Empty(t, body)
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	require.Positive(t, resp.ContentLength)
}

func TestTransportUnzipsUnlessAsked(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := io.WriteString(w, "hello")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	tests := map[string]struct {
		accept string
		body   string
		want   string
		fails  bool
	}{
		"unasked":  {body: zipped.String(), want: "hello"},
		"asked":    {accept: "gzip", body: zipped.String(), want: zipped.String()},
		"not gzip": {body: "hello", fails: true},
		"cut":      {body: zipped.String()[:len(zipped.String())-3], want: "hello", fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
			server.Inject(roomtokenstest.Fault{Status: 500, Header: http.Header{"Content-Encoding": {"gzip"}}, Body: tt.body})
			req, err := http.NewRequest(http.MethodGet, "https://fake.test/", nil)
			require.NoError(t, err)
			if tt.accept != "" {
				req.Header.Set("Accept-Encoding", tt.accept)
			}
			resp, err := server.HTTPClient().Do(req)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.Equal(t, tt.fails, err != nil)
			require.Equal(t, tt.want, string(body))
			require.Equal(t, tt.accept == "", resp.Uncompressed)
			require.NoError(t, resp.Body.Close())
		})
	}
}

func TestBodyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("enough")
	ctx, end := context.WithCancelCause(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://fake.test/", nil)
	require.NoError(t, err)
	resp, err := roomtokenstest.NewServer().HTTPClient().Do(req)
	require.NoError(t, err)
	end(cause)
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, cause)
}

func TestCancelDuringADelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.Fault{Delay: time.Hour})
		ctx, end := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://fake.test/", nil)
		require.NoError(t, err)
		time.AfterFunc(time.Minute, end)
		began := time.Now()
		_, err = server.HTTPClient().Do(req)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

func TestRequestBodyThatFails(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	broken := io.MultiReader(strings.NewReader(`{`), failing{})
	_, err := server.HTTPClient().Post("https://fake.test"+createPath, "application/json", broken)
	require.ErrorIs(t, err, errBroken)
	require.Empty(t, server.Requests())
}

var errBroken = errors.New("broken")

// failing is a reader that fails.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// TestRequestsThatAreNotSent has what http.Transport refuses to send.
func TestRequestsThatAreNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"header with a newline":    func(req *http.Request) { req.Header.Set("X-A", "PRIVATE\nb") },
		"header with a control":    func(req *http.Request) { req.Header.Set("Authorization", "PRIVATE\x01") },
		"header name with a space": func(req *http.Request) { req.Header["X A"] = []string{"PRIVATE"} },
		"header without a name":    func(req *http.Request) { req.Header[""] = []string{"PRIVATE"} },
		"no headers":               func(req *http.Request) { req.Header = nil },
		"length over the body's":   func(req *http.Request) { req.ContentLength = 5 },
		"length under the body's":  func(req *http.Request) { req.ContentLength = 1 },
		"no host":                  func(req *http.Request) { req.URL.Host, req.Host = "", "" },
		"another scheme":           func(req *http.Request) { req.URL.Scheme = "ftp" },
		"no URL":                   func(req *http.Request) { req.URL = nil },
		"a method that is no name": func(req *http.Request) { req.Method = "PO ST" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer()
			req, err := http.NewRequest(http.MethodPost, "https://fake.test"+createPath, strings.NewReader(`{}`))
			require.NoError(t, err)
			change(req)
			_, err = server.HTTPClient().Transport.RoundTrip(req)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "PRIVATE")
			require.Empty(t, server.Requests())
		})
	}
}

// TestServerFromOutsideABubble: it is made, and used, where another time runs.
func TestServerFromOutsideABubble(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(4, time.Minute))
	for range 4 {
		create(t, server.Client(), uuid.New())
	}
	synctest.Test(t, func(t *testing.T) {
		client, room := server.Client(), uuid.New()
		created := create(t, client, room)
		_, err := refresh(t, client, room, created.RefreshToken)
		require.NoError(t, err)
		_, err = server.Verify(created.Token)
		require.NoError(t, err)
		server.Inject(roomtokenstest.Fault{Delay: time.Second}, named("reset"))
		create(t, client, room)
		time.Sleep(time.Hour)
		create(t, client, room)
	})
}
