package roomtokens_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// editor is an option for a request editor that cannot fail.
func editor(edit func(*http.Request)) roomtokens.Option {
	return roomtokens.WithRequestEditor(editorFn(edit))
}

func editorFn(edit func(*http.Request)) api.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error { edit(req); return nil }
}

func TestRequestEditorsRunInOrder(t *testing.T) {
	t.Parallel()
	add := func(value string) func(*http.Request) {
		return func(req *http.Request) { req.Header.Add("X-Trace", value) }
	}
	var got []string
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		got = req.Header.Values("X-Trace")
		created(w, req)
	}, editor(add("one")), editor(add("two")))
	_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}, editorFn(add("three")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "three"}, got)
	_, err = client.RefreshRoomClientToken(t.Context(), roomID,
		api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken}, editorFn(add("four")), editorFn(add("five")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two", "four", "five"}, got)
	resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}, editorFn(add("six")))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, []string{"one", "two", "six"}, got)
}

func TestRequestEditorErrorSendsNothing(t *testing.T) {
	t.Parallel()
	client := newClient(t, unreached(t),
		roomtokens.WithRequestEditor(func(context.Context, *http.Request) error { return http.ErrNotSupported }))
	_, err := create(t, client)
	require.ErrorIs(t, err, http.ErrNotSupported)
	require.ErrorContains(t, err, "roomtokens: CreateRoomClientToken: ")
}

func TestRequestEditorsDoNotShareHeaders(t *testing.T) {
	t.Parallel()
	var got []string
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		got = append(got, req.Header.Get("Accept"))
		created(w, req)
	}, roomtokens.WithRequestEditor(func(_ context.Context, req *http.Request) error {
		req.Header["Accept"][0] += "!"
		return nil
	}))
	for range 2 {
		_, err := create(t, client)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"application/json!", "application/json!"}, got)
}

// TestNoEditorGivesRefreshTheKey: editors may rewrite a URL for a gateway, or wrap the context.
func TestNoEditorGivesRefreshTheKey(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*http.Request){
		"slash at the end":  func(req *http.Request) { req.URL.Path += "/" },
		"path parameter":    func(req *http.Request) { req.URL.Path += ";v=2" },
		"path of a gateway": func(req *http.Request) { req.URL.Path = "/telnyx/refresh" },
		"path of create": func(req *http.Request) {
			req.URL.Path = strings.Replace(req.URL.Path, "refresh_client_token", "generate_join_client_token", 1)
		},
		"new URL": func(req *http.Request) { req.URL = &url.URL{Scheme: "https", Host: "gateway.example", Path: "/"} },
		"context": func(req *http.Request) { *req = *req.WithContext(context.WithValue(req.Context(), tenantKey{}, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				sent = append(sent, req.Header.Get("Authorization"))
				created(w, req)
			}, editor(edit), roomtokens.WithRequestEditor(roomtokens.BearerAuth(apiKey)))
			_, err := refresh(t, client)
			require.NoError(t, err)
			resp, err := client.API().RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: "r"})
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			_, err = create(t, client)
			require.NoError(t, err)
			resp, err = client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, []string{"", "", "Bearer " + apiKey, "Bearer " + apiKey}, sent)
		})
	}
}

// TestRetriesSendWhatEditorsMadeOfTheBody has editors set some of the three fields that go together.
func TestRetriesSendWhatEditorsMadeOfTheBody(t *testing.T) {
	t.Parallel()
	const changed = `{"token_ttl_secs":77}`
	reader := func() io.ReadCloser { return io.NopCloser(strings.NewReader(changed)) }
	for name, row := range map[string]struct {
		edit func(*http.Request)
		want string
	}{
		"body": {func(req *http.Request) { req.Body = reader() }, changed},
		"body and length": {func(req *http.Request) {
			req.Body, req.ContentLength = reader(), int64(len(changed))
		}, changed},
		"body, length and GetBody": {func(req *http.Request) {
			req.Body, req.ContentLength = reader(), int64(len(changed))
			req.GetBody = func() (io.ReadCloser, error) { return reader(), nil }
		}, changed},
		"GetBody that fails": {func(req *http.Request) {
			req.Body, req.GetBody = reader(), func() (io.ReadCloser, error) { return nil, errors.New("read already") }
		}, changed},
		"no body": {func(req *http.Request) { req.Body = nil }, ""},
		"read and put back": {func(req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(body))
		}, `{}`},
		"read from GetBody": {func(req *http.Request) {
			body, _ := req.GetBody()
			_, _ = io.Copy(io.Discard, body)
		}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
					require.EqualValues(t, len(row.want), req.ContentLength)
					body := ""
					if req.Body != nil {
						body = readBody(t, req)
					}
					sent = append(sent, body)
					script(retryAfter("1"))(w, req)
				}, roomtokens.WithMaxRetries(1), editor(row.edit))
				_, err := create(t, client)
				require.ErrorIs(t, err, roomtokens.ErrRateLimited)
				require.Equal(t, []string{row.want, row.want}, sent)
			})
		})
	}
}

// TestRequestsThatCannotBeSent are refused at once: net/http would panic over some, and have others look like a failed
// connection, to be tried again.
func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk failure")
	for name, row := range map[string]struct {
		edit func(*http.Request)
		is   error
		says string
	}{
		"no URL":        {func(req *http.Request) { req.URL = nil }, roomtokens.ErrInvalidRequest, "removed the URL"},
		"no header":     {func(req *http.Request) { req.Header = nil }, roomtokens.ErrInvalidRequest, "removed the header"},
		"no host":       {func(req *http.Request) { req.URL.Host = "" }, roomtokens.ErrInvalidRequest, "not an absolute https URL"},
		"scheme":        {func(req *http.Request) { req.URL.Scheme = "ftp" }, roomtokens.ErrInvalidRequest, "not an absolute https URL"},
		"plain http":    {func(req *http.Request) { req.URL.Scheme = "http" }, roomtokens.ErrInvalidRequest, "plain http"},
		"header value":  {func(req *http.Request) { req.Header.Set("X-Trace", "secret\n1") }, roomtokens.ErrInvalidRequest, "value of header X-Trace"},
		"delete":        {func(req *http.Request) { req.Header.Set("X-Trace", "secret\x7f") }, roomtokens.ErrInvalidRequest, "value of header X-Trace"},
		"header name":   {func(req *http.Request) { req.Header["X Trace"] = []string{"1"} }, roomtokens.ErrInvalidRequest, "name is not valid"},
		"empty name":    {func(req *http.Request) { req.Header[""] = []string{"1"} }, roomtokens.ErrInvalidRequest, "name is not valid"},
		"large body":    {func(req *http.Request) { req.Body = io.NopCloser(bytes.NewReader(make([]byte, 1<<20+1))) }, roomtokens.ErrInvalidRequest, "larger than 1 MiB"},
		"broken body":   {func(req *http.Request) { req.Body = io.NopCloser(iotest.ErrReader(broken)) }, broken, "request body"},
		"editor is nil": {nil, roomtokens.ErrInvalidRequest, "request editor is nil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, unreached(t), roomtokens.WithMaxRetries(2))
			edit := api.RequestEditorFn(nil)
			if row.edit != nil {
				edit = editorFn(row.edit)
			}
			_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}, edit)
			require.ErrorIs(t, err, row.is)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), "secret")
			if row.edit != nil {
				_, err = client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{}, edit)
				require.ErrorIs(t, err, row.is)
			}
		})
	}
	client := newClient(t, created, editor(func(req *http.Request) {
		req.Header["X-Trace-1.2_a~"] = []string{"tab\tand \u00e9", ""}
	}))
	_, err := create(t, client)
	require.NoError(t, err, "what net/http sends is sent")
}

// TestRequestOfNoOperation: what reaches the transport through API has to be known.
func TestRequestOfNoOperation(t *testing.T) {
	t.Parallel()
	client := newClient(t, unreached(t), editor(func(req *http.Request) {
		*req = *req.WithContext(context.Background())
		req.URL.Path = "/elsewhere"
	}))
	_, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
}

func TestRequestsOwnTheirHeaders(t *testing.T) {
	t.Parallel()
	var sent []string
	client := newClient(t, nil, withTransport(func(req *http.Request) (*http.Response, error) {
		for _, values := range req.Header {
			sent = append(sent, values...)
			values[0] += "!"
		}
		return memory(created).RoundTrip(req)
	}))
	for range 2 {
		_, err := create(t, client)
		require.NoError(t, err)
		resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	require.Len(t, sent, 4*4)
	require.NotContains(t, strings.Join(sent, ""), "!")
}

func TestDefaultHeadersOfTheGeneratedClient(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		require.Equal(t, "application/json", req.Header.Get("Accept"))
		require.Regexp(t, "^roomtokens-go/", req.UserAgent())
		created(w, req)
	})
	resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}
