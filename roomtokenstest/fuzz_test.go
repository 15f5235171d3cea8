package roomtokenstest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

// FuzzServe sends anything. The answer is one that the spec lists or a refusal in an envelope, and never a panic or a 500,
// which would be the fake's word that it broke the spec.
func FuzzServe(f *testing.F) {
	const json = "application/json"
	f.Add("POST", createPath, "", true, json, `{}`)
	f.Add("POST", createPath, "x=y", true, json, `{"token_ttl_secs":10,"refresh_token_ttl_secs":60}`)
	f.Add("POST", createPath, "", true, json, `{"token_ttl_secs":1e1}`)
	f.Add("POST", createPath, "", false, json, `{"token_ttl_secs":"10"}`)
	f.Add("POST", refreshPath, "", false, json+"; charset=utf-8", `{"refresh_token":"REFRESH"}`)
	f.Add("POST", refreshPath, "", false, json, `{"refresh_token":"ACCESS","token_ttl_secs":3600}`)
	f.Add("POST", refreshPath, "", false, "text/plain", `{"refresh_token":"a.b.c"}`)
	f.Add("PUT", "/v2/rooms/%33fa0c9d4/actions/refresh_client_token", "", false, "", ``)
	f.Add("GET", "*", "", true, "", "\xff")

	server := roomtokenstest.NewServer(roomtokenstest.WithTB(f), roomtokenstest.WithRequestLog(func(roomtokenstest.Request) {}))
	issued, err := server.Client().CreateRoomClientToken(f.Context(), uuid.MustParse(room), api.CreateRoomClientTokenRequest{})
	require.NoError(f, err)
	tokens := strings.NewReplacer("REFRESH", string(issued.RefreshToken), "ACCESS", string(issued.Token))

	f.Fuzz(func(t *testing.T, method, path, query string, key bool, contentType, body string) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tokens.Replace(body)))
		req.Method, req.URL = method, &url.URL{Path: path, RawQuery: query}
		if decoded, err := url.PathUnescape(path); err == nil {
			req.URL.Path, req.URL.RawPath = decoded, path
		}
		req.Header.Set("Content-Type", contentType)
		if key {
			req.Header.Set("Authorization", "Bearer "+server.APIKey())
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, req)
		requireInSpec(t, server, w)
	})
}

func requireInSpec(t *testing.T, server *roomtokenstest.Server, w *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.NotEmpty(t, w.Header().Get("X-Request-Id"))
	var body struct {
		Data   map[string]string
		Errors []api.VideoError
		api.VideoError
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	switch w.Code {
	case http.StatusCreated:
		claims, err := server.Verify(secret.String(body.Data["token"]))
		require.NoError(t, err)
		require.Equal(t, room, claims.RoomID.String())
	case http.StatusForbidden:
		require.Equal(t, roomtokenstest.CodeAuthorizationFailed, body.Code)
	case 400, 401, 404, 405, 413, 415, 422:
		require.Len(t, body.Errors, 1)
		require.NotEmpty(t, body.Errors[0].Code)
		require.NotEmpty(t, body.Errors[0].Title)
	default:
		require.Fail(t, "status is not documented", "%d %s", w.Code, w.Body)
	}
}
