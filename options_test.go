package roomtokens_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		option roomtokens.Option
		says   string
	}{
		"base URL, relative":          {roomtokens.WithBaseURL("/v2"), "base URL is not an absolute https URL"},
		"base URL, empty":             {roomtokens.WithBaseURL(""), "base URL is not an absolute https URL"},
		"base URL, no host":           {roomtokens.WithBaseURL("https:api.telnyx.com"), "base URL is not an absolute https URL"},
		"base URL, other scheme":      {roomtokens.WithBaseURL("ftp://api.telnyx.com"), "base URL is not an absolute https URL"},
		"base URL, user":              {roomtokens.WithBaseURL("https://user:hunter2@api.telnyx.com"), "base URL has user information"},
		"base URL, query":             {roomtokens.WithBaseURL("https://api.telnyx.com/?a=hunter2"), "base URL has a query or a fragment"},
		"base URL, empty query":       {roomtokens.WithBaseURL("https://api.telnyx.com/?"), "base URL has a query or a fragment"},
		"base URL, fragment":          {roomtokens.WithBaseURL("https://api.telnyx.com/#hunter2"), "base URL has a query or a fragment"},
		"base URL, empty fragment":    {roomtokens.WithBaseURL("https://api.telnyx.com/#"), "base URL has a query or a fragment"},
		"base URL, plain http":        {roomtokens.WithBaseURL("http://api.telnyx.com"), "plain http"},
		"base URL, loopback prefix":   {roomtokens.WithBaseURL("http://127.0.0.1.example.com"), "plain http"},
		"base URL, port too high":     {roomtokens.WithBaseURL("https://api.telnyx.com:99999"), "base URL has a port that does not exist"},
		"base URL, port zero":         {roomtokens.WithBaseURL("https://api.telnyx.com:0"), "base URL has a port that does not exist"},
		"base URL, garbage":           {roomtokens.WithBaseURL("https://hunter2\x00"), "base URL cannot be parsed"},
		"HTTP client, nil":            {roomtokens.WithHTTPClient(nil), "HTTP client is nil"},
		"API key function, nil":       {roomtokens.WithAPIKeyFunc(nil), "API key function is nil"},
		"user agent, empty":           {roomtokens.WithUserAgent(""), "user agent is empty"},
		"user agent, injection":       {roomtokens.WithUserAgent("a\r\nX-Evil: 1"), "user agent is empty or not printable ASCII"},
		"request editor, nil":         {roomtokens.WithRequestEditor(nil), "request editor is nil"},
		"retries, negative":           {roomtokens.WithMaxRetries(-1), "maximum of retries is -1"},
		"attempt timeout, zero":       {roomtokens.WithAttemptTimeout(0), "attempt timeout is 0s"},
		"attempt timeout, negative":   {roomtokens.WithAttemptTimeout(-time.Second), "attempt timeout is -1s"},
		"middleware that returns nil": {roomtokens.WithMiddleware(func(http.RoundTripper) http.RoundTripper { return nil }), "middleware returns nil"},
		"middleware, nil":             {roomtokens.WithMiddleware(nil), "middleware is nil"},
		"logger, nil":                 {roomtokens.WithLogger(nil), "logger is nil"},
		"option, nil":                 {nil, "option is nil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokens.New(apiKey, row.option)
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestBaseURLsAccepted(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://api.eu.example.com/v2":  "https://api.eu.example.com/v2",
		"https://api.eu.example.com/v2/": "https://api.eu.example.com/v2",
		"HTTPS://api.eu.example.com":     "https://api.eu.example.com",
		"https://api.example.com:65535":  "https://api.example.com:65535",
		"http://127.0.0.1:4010":          "http://127.0.0.1:4010",
		"http://127.8.8.8":               "http://127.8.8.8",
		"http://[::1]:4010/v2":           "http://[::1]:4010/v2",
		"http://localhost:4010":          "http://localhost:4010",
		"https://example.com/a%2Fb":      "https://example.com/a%2Fb",
		"https://example.com/a(b)":       "https://example.com/a(b)",
		"https://example.com/it's":       "https://example.com/it's",
		"https://example.com/a%2Fb(c)":   "https://example.com/a%2Fb(c)",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			var got, authorization []string
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				got = append(got, req.URL.String())
				authorization = append(authorization, req.Header.Get("Authorization"))
				created(w, req)
			}, roomtokens.WithBaseURL(base))
			_, err := create(t, client)
			require.NoError(t, err)
			_, err = refresh(t, client)
			require.NoError(t, err)
			room := want + "/rooms/" + roomID.String()
			require.Equal(t, []string{room + "/actions/generate_join_client_token", room + "/actions/refresh_client_token"}, got)
			require.Equal(t, []string{"Bearer " + apiKey, ""}, authorization)
		})
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	var got string
	handler := func(w http.ResponseWriter, req *http.Request) { got = req.UserAgent(); created(w, req) }

	_, err := create(t, newClient(t, handler))
	require.NoError(t, err)
	require.Regexp(t, `^roomtokens-go/\d+\.\d+\.\d+(-\w+)?$`, got)

	_, err = create(t, newClient(t, handler, roomtokens.WithUserAgent("gateway/1.4")))
	require.NoError(t, err)
	require.Regexp(t, `^gateway/1\.4 roomtokens-go/\d+\.\d+\.\d+(-\w+)?$`, got)
}

func TestEmptyAPIKey(t *testing.T) {
	t.Parallel()
	_, err := roomtokens.New("")
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.EqualError(t, err, "roomtokens: invalid request: API key is empty")
	for _, option := range []roomtokens.Option{
		roomtokens.WithoutAPIKey(),
		roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return apiKey, nil }),
	} {
		_, err := roomtokens.New("", option)
		require.NoError(t, err)
	}
}
