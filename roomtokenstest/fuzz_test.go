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
)

// FuzzServe sends anything. The response is one that the spec lists or a refusal in an envelope, and never a panic.
func FuzzServe(f *testing.F) {
	const asJSON = "application/json"
	f.Add("POST", createPath, "", true, asJSON, `{}`)
	f.Add("POST", createPath, "x=y", true, asJSON, `{"token_ttl_secs":10,"refresh_token_ttl_secs":60}`)
	f.Add("POST", createPath, "", true, asJSON, `{"token_ttl_secs":1e1}`)
	f.Add("POST", createPath, "", false, asJSON, `{"token_ttl_secs":"10"}`)
	f.Add("POST", refreshPath, "", false, asJSON+"; charset=utf-8", `{"refresh_token":"REFRESH"}`)
	f.Add("POST", refreshPath, "", false, asJSON, `{"refresh_token":"ACCESS","token_ttl_secs":3600}`)
	f.Add("POST", refreshPath, "", false, "text/plain", `{"refresh_token":"a.b.c"}`)
	f.Add("PUT", "/v2/rooms/%33fa0c9d4/actions/refresh_client_token", "", false, "", ``)
	f.Add("GET", "*", "", true, "", "\xff")

	server, doc := roomtokenstest.NewServer(roomtokenstest.WithRooms(uuid.MustParse(room))), loadSpec(f)
	issued, err := server.Client().
		CreateRoomClientToken(f.Context(), uuid.MustParse(room), api.CreateRoomClientTokenRequest{})
	require.NoError(f, err)
	server.Reset()
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
		defer server.Reset()
		requireInSpec(t, doc, server.Requests()[0].Operation, w)
		if w.Code != http.StatusCreated {
			return
		}
		var created api.CreateRoomClientToken201Response
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &created))
		claims, err := server.Verify(created.Data.Token)
		require.NoError(t, err)
		require.Equal(t, room, claims.RoomID.String())
	})
}

// FuzzParseFaults: what can be read can be injected.
func FuzzParseFaults(f *testing.F) {
	f.Add(`[{"fault":"rate limited","times":2,"operation":"CreateRoomClientToken"},{"delay":"3s"}]`)
	f.Add(`[{"status":503,"headers":{"Retry-After":"1","Date":null},"body":"","size":9,"truncate":true}]`)
	f.Add(`[{"status":403,"problems":[{"code":"1","title":"a","meta":{"b":[1]}}],"lasts":"1m","clock_skew":"-1h"}]`)
	f.Fuzz(func(t *testing.T, script string) {
		faults, err := roomtokenstest.ParseFaults([]byte(script))
		if err != nil {
			require.Regexp(t, `^roomtokenstest: fault`, err.Error())
			return
		}
		roomtokenstest.NewServer().Inject(faults...)
	})
}
