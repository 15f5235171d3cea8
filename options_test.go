package roomtokens_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	noTransport := func(http.RoundTripper) http.RoundTripper { return nil }
	for name, row := range map[string]struct {
		option roomtokens.Option
		says   string
	}{
		"HTTP client, nil":            {roomtokens.WithHTTPClient(nil), "HTTP client is nil"},
		"API key function, nil":       {roomtokens.WithAPIKeyFunc(nil), "API key function is nil"},
		"user agent, empty":           {roomtokens.WithUserAgent(""), "user agent is empty"},
		"user agent, injection":       {roomtokens.WithUserAgent("a\r\nX-Evil: 1"), "user agent is empty or not printable"},
		"user agent, delete":          {roomtokens.WithUserAgent("a\x7f"), "user agent is empty or not printable"},
		"request editor, nil":         {roomtokens.WithRequestEditor(nil), "request editor is nil"},
		"retries, negative":           {roomtokens.WithMaxRetries(-1), "maximum of retries is -1"},
		"attempt timeout, zero":       {roomtokens.WithAttemptTimeout(0), "attempt timeout is 0s"},
		"attempt timeout, negative":   {roomtokens.WithAttemptTimeout(-time.Second), "attempt timeout is -1s"},
		"middleware that returns nil": {roomtokens.WithMiddleware(noTransport), "middleware returns nil"},
		"middleware, nil":             {roomtokens.WithMiddleware(nil), "middleware is nil"},
		"logger, nil":                 {roomtokens.WithLogger(nil), "logger is nil"},
		"option, nil":                 {nil, "option is nil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokens.New(apiKey, row.option)
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "roomtokens: invalid request: "+row.says)
		})
	}
}

func TestOptionsAccepted(t *testing.T) {
	t.Parallel()
	_, err := roomtokens.New(apiKey, roomtokens.WithMaxRetries(0), roomtokens.WithAttemptTimeout(1))
	require.NoError(t, err)
}

func TestBaseURLsRefused(t *testing.T) {
	t.Parallel()
	const notAbsolute, plainHTTP = "is not an absolute https URL", "is plain http"
	const query, noPort = "has a query or a fragment", "has a port that does not exist"
	for base, says := range map[string]string{
		"/v2":                               notAbsolute,
		"":                                  notAbsolute,
		"https:api.telnyx.com":              notAbsolute,
		"ftp://api.telnyx.com":              notAbsolute,
		"https://user:hunter2@telnyx.com":   "has user information",
		"https://api.telnyx.com/?a=hunter2": query,
		"https://api.telnyx.com/?":          query,
		"https://api.telnyx.com/#hunter2":   query,
		"https://api.telnyx.com/#":          query,
		"http://api.telnyx.com":             plainHTTP,
		"http://127.0.0.1.example.com":      plainHTTP,
		"https://api.telnyx.com:99999":      noPort,
		"https://api.telnyx.com:65536":      noPort,
		"https://api.telnyx.com:0":          noPort,
		"https://hunter2\x00":               "cannot be parsed",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(base))
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "base URL "+says)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestBaseURLsAccepted(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://api.eu.example.com/v2":                       "https://api.eu.example.com/v2",
		"https://api.eu.example.com/v2/":                      "https://api.eu.example.com/v2",
		"HTTPS://api.eu.example.com":                          "https://api.eu.example.com",
		"https://api.example.com:65535":                       "https://api.example.com:65535",
		"https://api.example.com:1":                           "https://api.example.com:1",
		"http://127.0.0.1:4010":                               "http://127.0.0.1:4010",
		"http://127.8.8.8":                                    "http://127.8.8.8",
		"http://[::1]:4010/v2":                                "http://[::1]:4010/v2",
		"http://localhost:4010":                               "http://localhost:4010",
		"http://LOCALHOST:4010":                               "http://LOCALHOST:4010",
		"https://example.com/a%2Fb":                           "https://example.com/a%2Fb",
		"https://example.com/a(b)":                            "https://example.com/a(b)",
		"https://example.com/it's":                            "https://example.com/it's",
		"https://example.com/a%2Fb(c)":                        "https://example.com/a%2Fb(c)",
		"https://example.com/" + uuid.Max.String() + "/a%2Fb": "https://example.com/" + uuid.Max.String() + "/a%2Fb",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				actions := want + "/rooms/" + roomID.String() + "/actions/"
				require.Equal(t, actions+"generate_join_client_token", req.URL.String())
				require.Equal(t, "Bearer "+apiKey, req.Header.Get("Authorization"))
				created(w, req)
			}, roomtokens.WithBaseURL(base))
			_, err := create(t, client)
			require.NoError(t, err)
		})
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	var sent string
	handler := func(w http.ResponseWriter, req *http.Request) { sent = req.UserAgent(); created(w, req) }
	_, err := create(t, newClient(t, handler))
	require.NoError(t, err)
	require.Regexp(t, `^roomtokens-go/\d+\.\d+\.\d+(-\w+)?$`, sent)
	_, err = create(t, newClient(t, handler, roomtokens.WithUserAgent("gateway/1.4 (~)")))
	require.NoError(t, err)
	require.Regexp(t, `^gateway/1\.4 \(~\) roomtokens-go/\d+\.\d+\.\d+(-\w+)?$`, sent)
}
