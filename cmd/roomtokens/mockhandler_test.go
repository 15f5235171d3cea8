package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const createPath = "/rooms/" + room + "/actions/generate_join_client_token"

// request calls the mock in memory.
func request(t *testing.T, fake *roomtokenstest.Server, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	newMockHandler(fake).ServeHTTP(w, r)
	return w.Result()
}

// createThrough asks for a token.
func createThrough(t *testing.T, fake *roomtokenstest.Server, path string, header ...string) *http.Response {
	t.Helper()
	header = append(header, "Authorization", "Bearer "+fake.APIKey(), "Content-Type", "application/json")
	return request(t, fake, http.MethodPost, path, "{}", header...)
}

func decode[T any](t *testing.T, resp *http.Response) (value T) {
	t.Helper()
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&value))
	return value
}

func TestMockHealth(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	resp := request(t, fake, http.MethodGet, "/_mock/health", "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, map[string]string{"status": "ok"}, decode[map[string]string](t, resp))
	require.Empty(t, fake.Requests(), "requests that control the mock are not recorded")
}

func TestMockPathsWithAndWithoutPrefix(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	for path, status := range map[string]int{
		createPath: 201, "/v2" + createPath: 201, "//v2" + createPath: 404, "/v2/_mock/health": 404,
	} {
		require.Equal(t, status, createThrough(t, fake, path).StatusCode, path)
	}
}

func TestMockFaultsAtRunTime(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	resp := request(t, fake, http.MethodPost, "/_mock/faults", `[{"fault": "refusal 10007", "times": 2}]`)
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	for _, status := range []int{500, 500, 201} {
		require.Equal(t, status, createThrough(t, fake, createPath).StatusCode)
	}
}

func TestMockRefusesFaults(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script string
		status int
		err    string
	}{
		"no array":      {`{"status": 503}`, 400, "faults are not a JSON array"},
		"nothing":       {"", 400, "faults are not JSON: unexpected EOF at byte 0"},
		"unknown fault": {`[{"times": 1}, {"fault": "flood"}]`, 400, `fault 2: no fault is called "flood"`},
		"unknown field": {`[{"colour": 1}]`, 400, "fault 1: colour is not a field"},
		"too large":     {"[" + strings.Repeat(" ", maxScriptBytes) + "]", 413, "the fault script is larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
			resp := request(t, fake, http.MethodPost, "/_mock/faults", row.script)
			require.Equal(t, row.status, resp.StatusCode)
			require.Equal(t, map[string]string{"error": row.err}, decode[map[string]string](t, resp))
		})
	}
}

func TestMockRequestsHoldNoSecret(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	secret := strings.Repeat("eyJ", 20)
	createThrough(
		t,
		fake,
		"/v2"+createPath+"?token="+secret,
		"Cookie",
		secret,
		"X-Api-Key",
		secret,
		"User-Agent",
		"test/1",
	)
	request(t, fake, http.MethodGet, "/rooms/"+secret, secret)
	resp := request(t, fake, http.MethodGet, "/_mock/requests", "")
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NotContains(t, string(text), "eyJ")
	require.NotContains(t, string(text), fake.APIKey())
	var requests []map[string]any
	require.NoError(t, json.Unmarshal(text, &requests))
	require.Len(t, requests, 2)
	require.Equal(t, "CreateRoomClientToken", requests[0]["operation"])
	require.Equal(t, "/v2"+createPath, requests[0]["uri"])
	require.InDelta(t, 201, requests[0]["status"], 0)
	require.Equal(
		t,
		map[string]any{"Content-Type": []any{"application/json"}, "User-Agent": []any{"test/1"}},
		requests[0]["headers"],
	)
	require.Equal(t, "/rooms/…", requests[1]["uri"])
	require.Equal(t, secret, fake.Requests()[0].Header.Get("Cookie"), "the recorded request stays as it is")
}

func TestMockReset(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/_mock/", "/_mock"} {
		fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		fake.Inject(roomtokenstest.Fault{Status: 503, Times: 2})
		createThrough(t, fake, createPath)
		require.Equal(t, http.StatusNoContent, request(t, fake, http.MethodDelete, path, "").StatusCode, path)
		require.Empty(t, decode[[]any](t, request(t, fake, http.MethodGet, "/_mock/requests", "")), path)
		require.Equal(t, http.StatusCreated, createThrough(t, fake, createPath).StatusCode, path)
	}
}

func TestMockUnknownControlPath(t *testing.T) {
	t.Parallel()
	for path, method := range map[string]string{
		"/_mock/": http.MethodGet, "/_mock/faults": http.MethodGet, "/_mock/x": http.MethodDelete, jwksPath: http.MethodPost,
	} {
		resp := request(t, roomtokenstest.NewServer(), method, path, "")
		require.Equal(t, http.StatusNotFound, resp.StatusCode, path)
		require.Contains(t, decode[map[string]string](t, resp)["error"], "no such method and path", path)
	}
}

func TestMockKeyVerifiesTokens(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	set := decode[struct{ Keys []map[string]string }](t, request(t, fake, http.MethodGet, jwksPath, ""))
	require.Len(t, set.Keys, 1)
	key := set.Keys[0]
	x, err := base64.RawURLEncoding.DecodeString(key["x"])
	require.NoError(t, err)
	delete(key, "x")
	require.Equal(t, map[string]string{"kty": "OKP", "crv": "Ed25519", "use": "sig"}, key)

	created := decode[struct{ Data struct{ Token string } }](t, createThrough(t, fake, createPath))
	i := strings.LastIndex(created.Data.Token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(created.Data.Token[i+1:])
	require.NoError(t, err)
	require.True(t, ed25519.Verify(x, []byte(created.Data.Token[:i]), signature))
}

func TestMockFromABrowser(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	const origin = "http://localhost:3000"
	preflight := request(t, fake, http.MethodOptions, createPath, "", "Origin", origin,
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
	require.Equal(t, http.StatusNoContent, preflight.StatusCode)
	require.Equal(t, "*", preflight.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), "POST")
	require.Equal(t, "authorization,content-type", preflight.Header.Get("Access-Control-Allow-Headers"))
	require.Empty(t, fake.Requests())

	created := createThrough(t, fake, createPath, "Origin", origin)
	require.Equal(t, http.StatusCreated, created.StatusCode)
	require.Equal(t, "*", created.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "*", created.Header.Get("Access-Control-Expose-Headers"))
	require.Empty(
		t,
		createThrough(t, fake, createPath).Header.Get("Access-Control-Allow-Origin"),
		"without Origin, as Telnyx",
	)
}
