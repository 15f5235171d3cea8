package roomtokenstest_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// problemOf is the one in an envelope.
func problemOf(t *testing.T, body string) api.VideoError {
	t.Helper()
	var envelope struct{ Errors []api.VideoError }
	require.NoError(t, json.Unmarshal([]byte(body), &envelope))
	require.Len(t, envelope.Errors, 1)
	return envelope.Errors[0]
}

func TestRequestsAreHeldAgainstTheSpec(t *testing.T) {
	t.Parallel()
	const missing, badID, bad = "10004", "10006", "10015"
	doc := loadSpec(t)
	tests := map[string]struct {
		method, path, contentType, body string // POST, createPath, application/json where empty
		noKey                           bool
		status                          int
		code, pointer, parameter        string
	}{
		"empty object":             {body: `{}`, status: 201},
		"lowest":                   {body: `{"token_ttl_secs":10,"refresh_token_ttl_secs":60}`, status: 201},
		"highest":                  {body: `{"token_ttl_secs":3600,"refresh_token_ttl_secs":86400}`, status: 201},
		"integer with a fraction":  {body: `{"token_ttl_secs":60.0}`, status: 201},
		"integer with an exponent": {body: `{"token_ttl_secs":6e1}`, status: 201},
		"unknown field":            {body: `{"more":[{}]}`, status: 201},
		"content type with a parameter": {
			contentType: "application/json; charset=utf-8", body: `{}`, status: 201,
		},
		"no /v2":       {path: strings.TrimPrefix(createPath, "/v2"), body: `{}`, status: 201},
		"escaped path": {path: strings.Replace(createPath, "3fa0", "%33fa0", 1), body: `{}`, status: 201},

		"below the lowest":  {body: `{"token_ttl_secs":9}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"above the highest": {body: `{"token_ttl_secs":3601}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"refresh below the lowest": {
			body:    `{"refresh_token_ttl_secs":59}`,
			status:  422,
			code:    bad,
			pointer: "/refresh_token_ttl_secs",
		},
		"refresh above": {
			body:    `{"refresh_token_ttl_secs":86401}`,
			status:  422,
			code:    bad,
			pointer: "/refresh_token_ttl_secs",
		},
		"a string for a number":  {body: `{"token_ttl_secs":"60"}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"null for a number":      {body: `{"token_ttl_secs":null}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"no integer":             {body: `{"token_ttl_secs":60.5}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"no object":              {body: `[]`, status: 422, code: bad},
		"null":                   {body: `null`, status: 422, code: bad},
		"no body":                {status: 422, code: missing},
		"no JSON":                {body: `{`, status: 400, code: bad},
		"more after the JSON":    {body: `{} {}`, status: 400, code: bad},
		"more after a bad value": {body: `{"token_ttl_secs":9} {}`, status: 400, code: bad},
		"number beyond numbers":  {body: `{"token_ttl_secs":1e999}`, status: 422, code: bad, pointer: "/token_ttl_secs"},
		"a name twice":           {body: `{"token_ttl_secs":60,"token_ttl_secs":61}`, status: 400, code: bad},
		"invalid UTF-8":          {body: "{\"a\":\"\xff\"}", status: 400, code: bad},
		"another charset":        {contentType: "application/json; charset=latin1", body: `{}`, status: 400, code: bad},
		"text":                   {contentType: "text/plain", body: `{}`, status: 415, code: bad},
		"a type that is none":    {contentType: ";", body: `{}`, status: 415, code: bad},
		"too large":              {body: strings.Repeat(" ", 1<<20) + `{}`, status: 413, code: bad},

		"room is no UUID": {
			path:      strings.Replace(createPath, room, "lobby", 1),
			body:      `{}`,
			status:    422,
			code:      badID,
			parameter: "room_id",
		},
		"room with a letter beyond f": {
			path:      strings.Replace(createPath, "1f60", "1f6z", 1),
			body:      `{}`,
			status:    422,
			code:      badID,
			parameter: "room_id",
		},
		"room without hyphens": {
			path:      strings.Replace(createPath, room, strings.ReplaceAll(room, "-", ""), 1),
			body:      `{}`,
			status:    422,
			code:      badID,
			parameter: "room_id",
		},
		"room in braces": {
			path:      strings.Replace(createPath, room, "%7B"+room+"%7D", 1),
			body:      `{}`,
			status:    422,
			code:      badID,
			parameter: "room_id",
		},
		"room is the nil UUID": {
			path:      strings.Replace(createPath, room, uuid.Nil.String(), 1),
			body:      `{}`,
			status:    404,
			code:      "10005",
			parameter: "room_id",
		},
		"no refresh token": {path: refreshPath, body: `{}`, status: 422, code: missing, pointer: "/refresh_token"},
		"refresh token is null": {
			path:    refreshPath,
			body:    `{"refresh_token":null}`,
			status:  422,
			code:    bad,
			pointer: "/refresh_token",
		},
		"refresh token unknown": {
			path:    refreshPath,
			body:    `{"refresh_token":""}`,
			status:  401,
			code:    "10009",
			pointer: "/refresh_token",
		},
		"refresh needs no key": {
			path:    refreshPath,
			body:    `{"refresh_token":"x"}`,
			noKey:   true,
			status:  401,
			code:    "10009",
			pointer: "/refresh_token",
		},

		"no key":           {noKey: true, body: `{}`, status: 401, code: "10009"},
		"GET":              {method: "GET", status: 405, code: bad},
		"a double slash":   {path: "/" + createPath, body: `{}`, status: 404, code: "10005"},
		"another path":     {path: "/v2/rooms", body: `{}`, status: 404, code: "10005"},
		"a trailing slash": {path: createPath + "/", body: `{}`, status: 404, code: "10005"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer()
			req := httptest.NewRequest(cmp.Or(tt.method, "POST"), cmp.Or(tt.path, createPath), strings.NewReader(tt.body))
			req.Header.Set("Content-Type", cmp.Or(tt.contentType, "application/json"))
			if !tt.noKey {
				req.Header.Set("Authorization", "bearer "+server.APIKey())
			}
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)

			require.Equal(t, tt.status, w.Code, w.Body)
			requireInSpec(t, doc, server.Requests()[0].Operation, w)
			if tt.status == http.StatusCreated {
				return
			}
			got := problemOf(t, w.Body.String())
			require.Equal(t, api.VideoErrorSource{Pointer: tt.pointer, Parameter: tt.parameter}, got.Source)
			require.Equal(t, tt.code, got.Code)
			require.NotEmpty(t, got.Title)
			require.Contains(t, got.Meta["url"], tt.code)
		})
	}
}

func TestRefusalsQuoteNoSecret(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	for _, body := range []string{
		`{"refresh_token":{"a":"PRIVATE"}}`, `{"refresh_token":["PRIVATE"]}`, `{"refresh_token":"PRIVATE"}`,
		`{"refresh_token":"PRIVATE","token_ttl_secs":"PRIVATE"}`, `"PRIVATE"`, `{"refresh_token":PRIVATE}`,
	} {
		req := httptest.NewRequest(http.MethodPost, refreshPath, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, req)
		require.GreaterOrEqual(t, w.Code, 400)
		require.NotContains(t, w.Body.String(), "PRIVATE")
	}
}

func TestMethodNotAllowedNamesTheMethod(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	roomtokenstest.NewServer(roomtokenstest.WithTB(t)).
		ServeHTTP(w, httptest.NewRequest(http.MethodPut, createPath, http.NoBody))
	require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
}

func TestRequestWithoutABody(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, createPath, nil)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	roomtokenstest.NewServer(roomtokenstest.WithTB(t)).ServeHTTP(w, req)
	require.Equal(t, http.StatusUnauthorized, w.Code)
}

func TestRefusalsSayWhere(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":1,"a":2}`:            "The body has a name twice in an object, at byte 7.",
		`{"a":}`:                   "The body is not valid JSON, at byte 5.",
		"{\"a\":\"\xff\"}":         "The body is not valid JSON, at byte 6.",
		`{"token_ttl_secs":1e999}`: "The number is out of range.",
		`{"token_ttl_secs":"x"}`:   "value must be an integer",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer()
			req := httptest.NewRequest(http.MethodPost, createPath, strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+server.APIKey())
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)
			require.Equal(t, want, problemOf(t, w.Body.String()).Detail)
		})
	}
}
