package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestMockPaths(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	for path, status := range map[string]int{
		createPath: 201, "/v2" + createPath: 201, "//v2" + createPath: 404, "/v2/_mock/health": 404,
	} {
		require.Equal(t, status, createThrough(t, fake, path).StatusCode, path)
	}
	fake.ClearRequests()
	for _, row := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodGet, "/_mock/health", 200, ""},
		{http.MethodPost, "/_mock", 405, "DELETE, GET, HEAD"},
		{http.MethodDelete, "/_mock/x", 404, ""},
		{http.MethodDelete, "/_mock/", 404, ""},
		{http.MethodPut, "/_mock/faults", 405, "DELETE, GET, HEAD, POST"},
		{http.MethodPost, jwksPath, 405, "GET, HEAD"},
	} {
		resp := request(t, fake, row.method, row.path, "")
		require.Equal(t, row.status, resp.StatusCode, row)
		require.Equal(t, row.allow, resp.Header.Get("Allow"), row)
	}
	health := decode[map[string]string](t, request(t, fake, http.MethodGet, "/_mock/health", ""))
	require.Equal(t, map[string]string{"status": "ok"}, health)
	require.Empty(t, fake.Requests(), "requests that control the mock are not recorded")
}

func TestMockListsItsPaths(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	paths := decode[map[string]string](t, request(t, fake, http.MethodGet, "/_mock", ""))
	require.Len(t, paths, 10)
	for pattern, does := range paths {
		require.Contains(t, mockHelp(), does)
		method, path, _ := strings.Cut(pattern, " ")
		resp := request(t, fake, method, path, "[]")
		require.NotContains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, resp.StatusCode, pattern)
	}
}

func TestMockControl(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	const script = `[{"status": 401, "times": 3},
		{"fault": "reset", "operation": "RefreshRoomClientToken", "room_id": "` + room + `", "lasts": "90s"}]`
	request(t, fake, http.MethodPost, "/_mock/faults", script)
	refused := createThrough(t, fake, createPath)
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode)
	require.Contains(t, body(t, refused), "10009", "the body is Telnyx's")

	require.JSONEq(t, `[{"name": "scripted", "times": 2},
		{"name": "reset", "operation": "RefreshRoomClientToken", "room_id": "`+room+`", "lasts": "1m30s"}]`,
		body(t, request(t, fake, http.MethodGet, "/_mock/faults", "")))
	require.Equal(t, http.StatusNoContent, request(t, fake, http.MethodDelete, "/_mock/faults", "").StatusCode)
	require.Equal(t, "[]\n", body(t, request(t, fake, http.MethodGet, "/_mock/faults", "")))
	require.Equal(t, http.StatusCreated, createThrough(t, fake, createPath).StatusCode)
	require.Len(t, fake.Requests(), 2, "requests stay")

	request(t, fake, http.MethodPost, "/_mock/faults", script)
	require.Equal(t, http.StatusNoContent, request(t, fake, http.MethodDelete, "/_mock/requests", "").StatusCode)
	require.Equal(t, "[]\n", body(t, request(t, fake, http.MethodGet, "/_mock/requests", "")))
	require.Equal(t, http.StatusUnauthorized, createThrough(t, fake, createPath).StatusCode, "faults stay")

	require.Equal(t, http.StatusNoContent, request(t, fake, http.MethodDelete, "/_mock", "").StatusCode)
	require.Equal(t, "[]\n", body(t, request(t, fake, http.MethodGet, "/_mock/requests", "")), "all is reset")
	require.Equal(t, http.StatusCreated, createThrough(t, fake, createPath).StatusCode)
}

func TestMockFilters(t *testing.T) {
	t.Parallel()
	const other = "11111111-2222-4333-8444-555555555555"
	fake := roomtokenstest.NewServer()
	request(t, fake, http.MethodPost, "/_mock/faults", `[{"fault": "refusal 10010", "room_id": "`+other+`", "times": 2}]`)
	createThrough(t, fake, createPath)
	createThrough(t, fake, strings.Replace(createPath, room, other, 1))
	for query, rooms := range map[string][]string{
		"?room_id=" + room:                                  {room},
		"?operation=CreateRoomClientToken":                  {room, other},
		"?operation=RefreshRoomClientToken":                 nil,
		"?operation=CreateRoomClientToken&room_id=" + other: {other},
	} {
		var got []string
		for _, r := range decode[[]map[string]any](t, request(t, fake, http.MethodGet, "/_mock/requests"+query, "")) {
			got = append(got, r["room_id"].(string))
		}
		require.Equal(t, rooms, got, query)
	}
	for query, faults := range map[string]int{"?room_id=" + room: 0, "?room_id=" + other: 1} {
		listed := request(t, fake, http.MethodGet, "/_mock/faults"+query, "")
		require.Len(t, decode[[]any](t, listed), faults, query)
	}
	for _, path := range []string{"/_mock/requests", "/_mock/faults"} {
		request(t, fake, http.MethodDelete, path+"?room_id="+room, "")
	}
	require.Len(t, fake.Requests(), 1)
	require.Len(t, fake.PendingFaults(), 1)
}

// TestMockRefusesFilters: a DELETE with a misspelled filter must not forget everything.
func TestMockRefusesFilters(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	createThrough(t, fake, createPath)
	for _, query := range []string{
		"room=" + room, "room_id=lobby", "room_id=", "room_id=" + room + "&room_id=" + room, "room_id=%zz",
		"operation=create", "operation=", "op=CreateRoomClientToken", "room_id=" + room + "&x",
		"room_id=" + room + ";operation=x",
	} {
		resp := request(t, fake, http.MethodDelete, "/_mock/requests?"+query, "")
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, query)
		require.JSONEq(t, `{"error": "the query may have one operation, of [CreateRoomClientToken RefreshRoomClientToken], `+
			`and one room_id, a UUID"}`, body(t, resp))
	}
	require.Len(t, fake.Requests(), 1)
}

func TestMockRevokes(t *testing.T) {
	t.Parallel()
	fake := roomtokenstest.NewServer()
	created := decode[struct {
		Data struct {
			Token        string `json:"token"`
			RefreshToken string `json:"refresh_token"`
		}
	}](t, createThrough(t, fake, createPath)).Data
	const notSo, invalid = `the body must be {"refresh_token": "…"}`, "Revoke: token is invalid: "
	for _, row := range []struct {
		body   string
		status int
		says   string
	}{
		{"", 400, notSo},
		{"{}", 400, notSo},
		{"[]", 400, notSo},
		{`{"refresh_token": "x"}`, 400, invalid + "this server has not signed it"},
		{`{"refresh_token": "` + created.Token + `"}`, 400, invalid + "its type is access, must be refresh"},
		{`{"refresh_token": "` + created.RefreshToken + `"}`, 204, ""},
		{strings.Repeat(" ", maxInputBytes+1), 413, "the body cannot be read: it is larger than 1 MiB"},
	} {
		resp := request(t, fake, http.MethodPost, "/_mock/revoked", row.body)
		require.Equal(t, row.status, resp.StatusCode, row.says)
		if row.says != "" {
			says, err := json.Marshal(map[string]string{"error": row.says})
			require.NoError(t, err)
			require.JSONEq(t, string(says), body(t, resp))
		}
	}
	const path = "/rooms/" + room + "/actions/refresh_client_token"
	refreshed := request(t, fake, http.MethodPost, path, `{"refresh_token": "`+created.RefreshToken+`"}`,
		"Content-Type", "application/json")
	require.Equal(t, http.StatusForbidden, refreshed.StatusCode)
	last := decode[[]map[string]any](t, request(t, fake, http.MethodGet, "/_mock/requests", ""))[1]
	require.Equal(t, []any{"10010", "The refresh token is revoked."}, []any{last["code"], last["detail"]})
}

func TestMockRefusesFaults(t *testing.T) {
	t.Parallel()
	for script, row := range map[string]struct {
		status int
		err    string
	}{
		`[{}]`: {400, `{"error": "fault 1: it is empty"}`},
		"[" + strings.Repeat(" ", maxInputBytes-2) + "]": {204, ""},
		`[{"status":503}` + strings.Repeat(" ", maxInputBytes-15) + "]": {
			413, `{"error": "the body cannot be read: it is larger than 1 MiB"}`,
		},
	} {
		fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		resp := request(t, fake, http.MethodPost, "/_mock/faults", script)
		require.Equal(t, row.status, resp.StatusCode, row.err)
		if row.err != "" {
			require.JSONEq(t, row.err, body(t, resp))
		}
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
	require.Equal(t, map[string]string{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": fake.KeyID()}, key)

	created := decode[struct{ Data struct{ Token string } }](t, createThrough(t, fake, createPath))
	i := strings.LastIndex(created.Data.Token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(created.Data.Token[i+1:])
	require.NoError(t, err)
	require.True(t, ed25519.Verify(x, []byte(created.Data.Token[:i]), signature))
}
