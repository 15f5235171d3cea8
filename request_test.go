package roomtokens_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestRequestEditorsRunInOrder(t *testing.T) {
	t.Parallel()
	add := func(value string) func(*http.Request) {
		return func(req *http.Request) { req.Header.Add("X-Trace", value) }
	}
	var sent []string
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		sent = req.Header.Values("X-Trace")
		created(w, req)
	}, withEditor(add("one")), withEditor(add("two")))
	_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}, editor(add("three")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "three"}, sent)
	_, err = client.RefreshRoomClientToken(t.Context(), roomID,
		api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken}, editor(add("four")), editor(add("five")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "four", "five"}, sent)
	_, err = createThroughAPI(t, client)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, sent)
}

// TestNoEditorGivesRefreshTheKey: editors may rewrite a URL for a gateway.
func TestNoEditorGivesRefreshTheKey(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*http.Request){
		"path of create": func(req *http.Request) {
			req.URL.Path = strings.Replace(req.URL.Path, "refresh_client_token", "generate_join_client_token", 1)
		},
		"new URL": func(req *http.Request) { req.URL = &url.URL{Scheme: "https", Host: "gateway.example", Path: "/"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				sent = append(sent, req.Header.Get("Authorization"))
				created(w, req)
			}, withEditor(edit))
			_, err := create(t, client)
			require.NoError(t, err)
			_, err = refresh(t, client)
			require.NoError(t, err)
			require.Equal(t, []string{"Bearer " + apiKey, ""}, sent)
		})
	}
}

// TestRetriesSendWhatEditorsMadeOfTheBody has editors set some of the three fields that go together.
func TestRetriesSendWhatEditorsMadeOfTheBody(t *testing.T) {
	t.Parallel()
	const changed, unchanged = `{"token_ttl_secs":77}`, `{"token_ttl_secs":60}`
	largest := strings.Repeat(" ", 1<<20)
	for name, row := range map[string]struct {
		edit func(*http.Request)
		want string
	}{
		"body": {func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader(changed)) }, changed},
		"GetBody that fails": {func(req *http.Request) {
			req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("read already") }
		}, unchanged},
		"no body":      {func(req *http.Request) { req.Body = nil }, ""},
		"empty body":   {func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("")) }, ""},
		"largest body": {func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader(largest)) }, largest},
		"read and put back": {func(req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(body))
		}, unchanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
					require.EqualValues(t, len(row.want), req.ContentLength)
					require.Equal(t, row.want == "", req.Body == nil, "net/http sends an empty body in chunks")
					sent = append(sent, readBody(t, req))
					retryAfter("1")(w, req)
				}, roomtokens.WithMaxRetries(1), withEditor(row.edit))
				_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 60})
				require.ErrorIs(t, err, roomtokens.ErrRateLimited)
				require.Equal(t, []string{row.want, row.want}, sent)
			})
		})
	}
}

// TestRequestsThatCannotBeSent are refused at once: net/http would panic over some, and have others look like a failed
// connection, to be tried again. What else makes a URL unsafe is in TestBaseURLsRefused.
func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	broken, refused := errors.New("disk failure"), roomtokens.ErrInvalidRequest
	large := func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20+1))) }
	for name, row := range map[string]struct {
		edit func(*http.Request)
		is   error
		says string
	}{
		"no URL":      {func(req *http.Request) { req.URL = nil }, refused, "removed the URL"},
		"no header":   {func(req *http.Request) { req.Header = nil }, refused, "removed the header"},
		"plain http":  {func(req *http.Request) { req.URL.Scheme = "http" }, refused, "plain http"},
		"query":       {func(req *http.Request) { req.URL.RawQuery = "a=\nsecret" }, refused, "has a space or"},
		"opaque":      {func(req *http.Request) { req.URL.Opaque = "//x/\x7fsecret" }, refused, "has a space or"},
		"large body":  {large, refused, "larger than 1 MiB"},
		"broken body": {func(req *http.Request) { req.Body = io.NopCloser(failing{broken}) }, broken, "request body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, unreached(t), roomtokens.WithMaxRetries(2), withEditor(row.edit))
			_, err := create(t, client)
			_, errOfAPI := createThroughAPI(t, client)
			for _, err := range []error{err, errOfAPI} {
				require.ErrorIs(t, err, row.is)
				require.ErrorContains(t, err, row.says)
				require.NotContains(t, err.Error(), "secret")
			}
		})
	}
	_, err := newClient(t, unreached(t)).CreateRoomClientToken(
		t.Context(), roomID, api.CreateRoomClientTokenRequest{}, nil)
	require.ErrorIs(t, err, refused)
	require.ErrorContains(t, err, "request editor is nil")
}

func TestBodyOfAnEditorIsClosed(t *testing.T) {
	t.Parallel()
	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	_, err = create(t, newClient(t, created, withEditor(func(req *http.Request) { req.Body = file })))
	require.NoError(t, err)
	require.ErrorIs(t, file.Close(), os.ErrClosed)
}

// TestRequestsOwnTheirHeaders: an editor or a transport that changes a value in place changes no other request.
func TestRequestsOwnTheirHeaders(t *testing.T) {
	t.Parallel()
	change := func(req *http.Request) {
		for _, values := range req.Header {
			values[0] += "!"
		}
	}
	for want, opts := range map[string][]roomtokens.Option{
		"application/json": nil, "text/plain!": {withEditor(func(req *http.Request) {
			req.Header.Set("Accept", "text/plain")
			change(req)
		})},
	} {
		client := newClient(t, nil, append(opts, withTransport(func(req *http.Request) (*http.Response, error) {
			require.Equal(t, want, req.Header.Get("Accept"))
			change(req)
			return memory(created).RoundTrip(req)
		}))...)
		callAll(t, client)
		callAll(t, client)
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
