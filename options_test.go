package roomtokens_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	noTransport := func(http.RoundTripper) http.RoundTripper { return nil }
	for says, option := range map[string]roomtokens.Option{
		"option is nil":           nil,
		"HTTP client is nil":      roomtokens.WithHTTPClient(nil),
		"API key function is nil": roomtokens.WithAPIKeyFunc(nil),
		"request editor is nil":   roomtokens.WithRequestEditor(nil),
		"middleware is nil":       roomtokens.WithMiddleware(nil),
		"middleware returns nil":  roomtokens.WithMiddleware(noTransport),
		"logger is nil":           roomtokens.WithLogger(nil),

		"maximum of retries is -1, must not be negative": roomtokens.WithMaxRetries(-1),
		"attempt timeout is 0s, must be positive":        roomtokens.WithAttemptTimeout(0),
		"attempt timeout is -1s, must be positive":       roomtokens.WithAttemptTimeout(-time.Second),
	} {
		_, err := roomtokens.New(apiKey, option)
		require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
		require.EqualError(t, err, "roomtokens: invalid request: "+says)
	}
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
		"https://hunter2\x00":               "is not an absolute https URL",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(base))
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "base URL "+says)
			require.NotContains(t, err.Error(), "hunter2")
			_, err = roomtokens.New(apiKey, roomtokens.WithBaseURL(base), roomtokens.WithInsecureHTTP())
			require.Equal(t, says == plainHTTP, err == nil)
		})
	}
}

// TestBaseURLsAccepted leaves what becomes of their paths to TestWrappersSendGeneratedRequests of test/contract.
func TestBaseURLsAccepted(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"https://api.example.com:65535", "https://api.example.com:1", "http://127.8.8.8", "http://[::1]:4010/v2",
		"http://localhost:4010", "http://LOCALHOST:4010",
	} {
		_, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(base))
		require.NoError(t, err, base)
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	for _, product := range []string{"", "a\r\nX-Evil: 1", "a\x7f"} {
		_, err := roomtokens.New(apiKey, roomtokens.WithUserAgent(product))
		require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
		require.EqualError(t, err, "roomtokens: invalid request: user agent is empty or not printable ASCII")
	}
	for start, opts := range map[string][]roomtokens.Option{
		"":                       nil,
		`gateway/1\.4 \(~\)\x20`: {roomtokens.WithUserAgent("gateway/1.4 (~)")},
	} {
		callAll(t, newClient(t, func(w http.ResponseWriter, req *http.Request) {
			require.Regexp(t, "^"+start+`roomtokens-go/\d+\.\d+\.\d+(-\w+)?$`, req.UserAgent())
			created(w, req)
		}, opts...))
	}
}

func TestThreeRetriesByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := roomtokens.New(apiKey, withTransport(stalled))
		require.NoError(t, err)
		_, err = create(t, client)
		require.Equal(t, 4, asError(t, err).Attempts)
	})
}
