package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const createPath = "/rooms/" + room + "/actions/generate_join_client_token"

// request calls the mock in memory. A header Host is the request's host.
func request(t *testing.T, fake *roomtokenstest.Server, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Host", "127.0.0.1:4010")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	w := httptest.NewRecorder()
	newMockHandler(fake, testAccess()).ServeHTTP(w, r)
	return w.Result()
}

func testAccess() access {
	return access{host: "mock.internal", hosts: []string{"telnyx", "mock"}, origins: []string{"https://app.test"}}
}

// createThrough asks for a token.
func createThrough(t *testing.T, fake *roomtokenstest.Server, path string, header ...string) *http.Response {
	t.Helper()
	header = append(header, "Authorization", "Bearer "+fake.APIKey(), "Content-Type", "application/json")
	return request(t, fake, http.MethodPost, path, "{}", header...)
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

func decode[T any](t *testing.T, resp *http.Response) (value T) {
	t.Helper()
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&value))
	return value
}

func TestMockRequestsHoldNoSecret(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	request(t, fake, http.MethodPost, "/v2"+createPath+"?token="+jwtLike, `{"token_ttl_secs": 60}`,
		"Authorization", "Bearer "+fake.APIKey(), "Content-Type", "application/json", "User-Agent", "test/1 "+keyLike,
		"Cookie", "short", "X-Api-Key", "short", "X-Auth-Token", "short", "Api-Key", "short", "Referer", "short")
	request(t, fake, http.MethodGet, "/rooms/"+keyLike, `{"refresh_token": "short", "x": ["`+jwtLike+`"]}`)
	fake.Inject(roomtokenstest.Fault{Status: 400, Problems: []api.VideoError{{Code: "10015", Detail: "no " + jwtLike}}})
	request(t, fake, http.MethodGet, "/", `{"refresh_token": "short`)

	text := body(t, request(t, fake, http.MethodGet, "/_mock/requests", ""))
	for _, secret := range []string{jwtLike, keyLike, fake.APIKey()} {
		requireNoPart(t, text, secret)
	}
	require.NotContains(t, text, "short")
	var requests []map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &requests))
	require.Len(t, requests, 3)
	require.Equal(t, "CreateRoomClientToken", requests[0]["operation"])
	require.Equal(t, "/v2"+createPath, requests[0]["uri"])
	require.InDelta(t, 201, requests[0]["status"], 0)
	require.Equal(t, map[string]any{
		"Content-Type": []any{"application/json"}, "User-Agent": []any{"test/1 [REDACTED]"},
	}, requests[0]["headers"])
	require.Equal(t, map[string]any{"token_ttl_secs": 60.0}, requests[0]["body"])
	require.Equal(t, "/rooms/[REDACTED]", requests[1]["uri"])
	require.Equal(t, []any{"10015", "no [REDACTED]"}, []any{requests[2]["code"], requests[2]["detail"]})
	require.Equal(t, map[string]any{"refresh_token": "[REDACTED]", "x": "[REDACTED]"}, requests[1]["body"])
	require.Equal(t, "short", fake.Requests()[0].Header.Get("Cookie"), "the recorded request stays as it is")
}

func TestMockFromAPage(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	const origin = "http://localhost:3000"
	for _, path := range []string{createPath, "/_mock/faults"} {
		preflight := request(t, fake, http.MethodOptions, path, "", "Origin", origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		require.Equal(t, http.StatusNoContent, preflight.StatusCode)
		require.Equal(t, origin, preflight.Header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), "POST")
		require.Equal(t, "authorization,content-type", preflight.Header.Get("Access-Control-Allow-Headers"))
	}
	require.Empty(t, fake.Requests())
	options := request(t, fake, http.MethodOptions, createPath, "", "Origin", origin)
	require.Equal(t, http.StatusMethodNotAllowed, options.StatusCode, "it is no preflight")

	created := createThrough(t, fake, createPath, "Origin", origin, "Access-Control-Request-Method", "POST")
	require.Equal(t, http.StatusCreated, created.StatusCode, "nor is this")
	created = createThrough(t, fake, createPath, "Origin", origin)
	require.Equal(t, http.StatusCreated, created.StatusCode)
	require.Equal(t, origin, created.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "*", created.Header.Get("Access-Control-Expose-Headers"))
	require.Equal(t, "Origin", created.Header.Get("Vary"))
	require.Empty(t, created.Header.Get("Access-Control-Allow-Methods"), "which only a preflight asks for")
	created = createThrough(t, fake, createPath)
	require.NotContains(t, created.Header, "Access-Control-Allow-Origin", "without Origin, as Telnyx")
}

func TestMockAccess(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		host, origin        string
		control, operations int    // status
		cors                string // Access-Control-Allow-Origin
	}{
		"no page":               {"127.0.0.1:4010", "", 200, 201, ""},
		"localhost":             {"localhost:4010", "", 200, 201, ""},
		"localhost, upper case": {"LOCALHOST", "", 200, 201, ""},
		"IPv6":                  {"[::1]:4010", "", 200, 201, ""},
		"address of a network":  {"192.0.2.7", "", 200, 201, ""},
		"host of --addr":        {"mock.internal:4010", "", 200, 201, ""},
		"host of --allow-host":  {"mock:4010", "", 200, 201, ""},
		"its upper case":        {"TELNYX", "", 200, 201, ""},
		"foreign host":          {"evil.example:4010", "", 421, 421, ""},
		"foreign subdomain":     {"localhost.evil.example", "", 421, 421, ""},
		"no host":               {"", "", 421, 421, ""},
		"page on localhost":     {"127.0.0.1:4010", "http://localhost:3000", 200, 201, "http://localhost:3000"},
		"page on loopback":      {"127.0.0.1:4010", "https://127.1.2.3", 200, 201, "https://127.1.2.3"},
		"page on IPv6 loopback": {"127.0.0.1:4010", "http://[::1]:3000", 200, 201, "http://[::1]:3000"},
		"page that is named":    {"127.0.0.1:4010", "https://app.test", 200, 201, "https://app.test"},
		"its other port":        {"127.0.0.1:4010", "https://app.test:8443", 403, 201, ""},
		"foreign page":          {"127.0.0.1:4010", "https://evil.example", 403, 201, ""},
		"foreign address":       {"127.0.0.1:4010", "http://192.0.2.7", 403, 201, ""},
		"foreign name":          {"127.0.0.1:4010", "http://localhost.evil.example", 403, 201, ""},
		"page without origin":   {"127.0.0.1:4010", "null", 403, 201, ""},
		"broken origin":         {"127.0.0.1:4010", "http://[::1", 403, 201, ""},
		"foreign host and page": {"evil.example:4010", "http://evil.example:4010", 421, 421, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, header := roomtokenstest.NewServer(), []string{"Host", row.host}
			if row.origin != "" {
				header = append(header, "Origin", row.origin)
			}
			control := request(t, fake, http.MethodGet, "/_mock/health", "", header...)
			create := createThrough(t, fake, createPath, header...)
			require.Equal(t, row.control, control.StatusCode)
			require.Equal(t, row.operations, create.StatusCode)
			for _, resp := range []*http.Response{control, create} {
				require.Equal(t, row.cors, resp.Header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
}
