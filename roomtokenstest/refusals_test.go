package roomtokenstest_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const (
	none = "-" // in place of what a request has otherwise

	otherRoom = "7c1b2f0e-94d3-4e8a-8a55-0b6f3d2c9e71"

	missing, notFound, badID = "10004", "10005", "10006"
	unauthorized, forbidden  = "10009", "10010"
	tooManyRequests, bad     = "10011", "10015"
	ttl, refreshTTL, tokenAt = "/token_ttl_secs", "/refresh_token_ttl_secs", "/refresh_token"
	withRefreshToken         = `{"refresh_token":"REFRESH"}`
)

// exchange is a request, and what becomes of it.
type exchange struct {
	// Where empty: POST, a create, in room, a good key, JSON, not compressed, {}.
	method, path, room, authorization, contentType, encoding, body string

	limited bool // by the rate limit

	status                           int // where zero, 201
	code, pointer, parameter, detail string
}

// exchanges name in their bodies the tokens that newTestbed replaces.
func exchanges() map[string]exchange {
	return map[string]exchange{
		"empty object":             {},
		"lowest":                   {body: `{"token_ttl_secs":10,"refresh_token_ttl_secs":60}`},
		"highest":                  {body: `{"token_ttl_secs":3600,"refresh_token_ttl_secs":86400}`},
		"integer with a fraction":  {body: `{"token_ttl_secs":60.0}`},
		"integer with an exponent": {body: `{"token_ttl_secs":6e1}`},
		"unknown field":            {body: `{"more":[{}]}`},
		"charset":                  {contentType: "application/json; charset=utf-8"},
		"charset, other spelling":  {contentType: `Application/JSON;charset="UTF8"`},
		"no /v2":                   {path: strings.TrimPrefix(createPath, "/v2")},
		"escaped path":             {room: "%33" + room[1:]},

		"below":         {body: `{"token_ttl_secs":9}`, status: 422, code: bad, pointer: ttl},
		"above":         {body: `{"token_ttl_secs":3601}`, status: 422, code: bad, pointer: ttl},
		"refresh below": {body: `{"refresh_token_ttl_secs":59}`, status: 422, code: bad, pointer: refreshTTL},
		"refresh above": {body: `{"refresh_token_ttl_secs":86401}`, status: 422, code: bad, pointer: refreshTTL},
		"string for a number": {
			body: `{"token_ttl_secs":"60"}`, status: 422, code: bad, pointer: ttl, detail: "value must be an integer",
		},
		"null for a number": {body: `{"token_ttl_secs":null}`, status: 422, code: bad, pointer: ttl},
		"no integer":        {body: `{"token_ttl_secs":60.5}`, status: 422, code: bad, pointer: ttl},
		"beyond all numbers": {
			body: `{"token_ttl_secs":1e999}`, status: 422, code: bad, pointer: ttl, detail: "The number is out of range.",
		},
		"no object":           {body: `[]`, status: 422, code: bad},
		"null":                {body: `null`, status: 422, code: bad},
		"no body":             {body: none, status: 422, code: missing},
		"no JSON":             {body: `{`, status: 400, code: bad, detail: "The body is not valid JSON, at byte 1."},
		"more after the JSON": {body: `{} {}`, status: 400, code: bad},
		"more after nonsense": {body: `{"token_ttl_secs":9} {}`, status: 400, code: bad},
		"a name twice": {
			body: `{"a":1,"a":2}`, status: 400, code: bad, detail: "The body has a name twice in an object, at byte 7.",
		},
		"invalid UTF-8":   {body: "{\"a\":\"\xff\"}", status: 400, code: bad},
		"another charset": {contentType: "application/json; charset=latin1", status: 400, code: bad},
		"text":            {contentType: "text/plain", status: 415, code: bad},
		"no content type": {contentType: none, status: 415, code: bad},
		"compressed":      {encoding: "gzip", status: 415, code: bad, detail: "The body has a Content-Encoding."},
		"largest":         {body: strings.Repeat(" ", 1<<20-2) + `{}`},
		"too large":       {body: strings.Repeat(" ", 1<<20-1) + `{}`, status: 413, code: bad},

		"room is no UUID":        {room: "lobby", status: 422, code: badID, parameter: "room_id"},
		"room beyond f":          {room: room[:35] + "z", status: 422, code: badID, parameter: "room_id"},
		"room without hyphens":   {room: "3fa0c9d46a1b4f579a3e5d2c8b7e1f60", status: 422, code: badID, parameter: "room_id"},
		"room in braces":         {room: "%7B" + room + "%7D", status: 422, code: badID, parameter: "room_id"},
		"room is the nil UUID":   {room: uuid.Nil.String(), status: 404, code: notFound, parameter: "room_id"},
		"room does not exist":    {room: uuid.Max.String(), status: 404, code: notFound, parameter: "room_id"},
		"another method":         {method: "PUT", status: 405, code: bad, detail: "The method must be POST."},
		"a double slash":         {path: "/" + createPath, status: 404, code: notFound},
		"another path":           {path: "/v2/rooms", status: 404, code: notFound},
		"a trailing slash":       {path: createPath + "/", status: 404, code: notFound},
		"limited":                {limited: true, status: 429, code: tooManyRequests},
		"another key":            {authorization: "Bearer KEYany", room: otherRoom},
		"key of this room":       {authorization: "Bearer KEYone"},
		"lower case, two spaces": {authorization: "bearer  KEYone"},
		"key of another room":    {authorization: "Bearer KEYone", room: otherRoom, status: 403, code: forbidden},
		"unknown key":            {authorization: "Bearer KEYnone", status: 401, code: unauthorized},
		"another scheme":         {authorization: "Basic KEYone", status: 401, code: unauthorized},
		"no scheme":              {authorization: "KEYone", status: 401, code: unauthorized},
		"no key": {
			authorization: none, status: 401, code: unauthorized, detail: "The API key is missing or not known.",
		},
		"empty key": {authorization: "Bearer  ", status: 401, code: unauthorized},

		"refresh":                 {path: refreshPath, authorization: none, body: withRefreshToken},
		"refresh without a token": {path: refreshPath, status: 422, code: missing, pointer: tokenAt},
		"refresh with null": {
			path: refreshPath, body: `{"refresh_token":null}`, status: 422, code: bad, pointer: tokenAt,
		},
		"refresh with nothing": {
			path: refreshPath, body: `{"refresh_token":""}`, status: 401, code: unauthorized, pointer: tokenAt,
		},
		"refresh with another server's token": {
			path: refreshPath, body: `{"refresh_token":"FOREIGN"}`, status: 401, code: unauthorized, pointer: tokenAt,
			detail: "The refresh token is not known.",
		},
		"refresh with a client token": {
			path: refreshPath, body: `{"refresh_token":"ACCESS"}`, status: 403, code: forbidden, pointer: tokenAt,
			detail: "The token is a client token, not a refresh token.",
		},
		"refresh with a revoked token": {
			path: refreshPath, body: `{"refresh_token":"REVOKED"}`, status: 403, code: forbidden, pointer: tokenAt,
			detail: "The refresh token is revoked.",
		},
		"refresh for another room": {
			path: refreshPath, room: otherRoom, body: withRefreshToken, status: 403, code: forbidden, pointer: tokenAt,
			detail: "The refresh token is for another room.",
		},
	}
}

// testbed has servers for exchanges.
type testbed struct {
	server, limited *roomtokenstest.Server
	tokens          *strings.Replacer
}

func newTestbed(t *testing.T) testbed {
	t.Helper()
	here, elsewhere := uuid.MustParse(room), uuid.MustParse(otherRoom)
	server := roomtokenstest.NewServer(
		roomtokenstest.WithRooms(here, elsewhere, uuid.Nil),
		roomtokenstest.WithAPIKey("KEYany"), roomtokenstest.WithAPIKey("KEYone", here), roomtokenstest.WithAPIKey(""),
	)
	mine, revoked := create(t, server.Client(), here), create(t, server.Client(), here)
	foreign := create(t, roomtokenstest.NewServer().Client(), here)
	require.NoError(t, server.Revoke(revoked.RefreshToken))
	return testbed{
		server:  server,
		limited: roomtokenstest.NewServer(roomtokenstest.WithRateLimit(0, time.Hour)),
		tokens: strings.NewReplacer("REFRESH", string(mine.RefreshToken), "REVOKED", string(revoked.RefreshToken),
			"FOREIGN", string(foreign.RefreshToken), "ACCESS", string(mine.Token)),
	}
}

func (b testbed) send(e exchange) *httptest.ResponseRecorder {
	server := b.server
	if e.limited {
		server = b.limited
	}
	body := b.tokens.Replace(given(e.body, `{}`))
	path := strings.Replace(given(e.path, createPath), room, given(e.room, room), 1)
	req := httptest.NewRequest(given(e.method, "POST"), path, strings.NewReader(body))
	req.Header.Set("Content-Type", given(e.contentType, "application/json"))
	req.Header.Set("Authorization", given(e.authorization, "Bearer "+server.APIKey()))
	if e.body == none {
		req.Body = nil
	}
	if e.encoding != "" {
		req.Header.Set("Content-Encoding", e.encoding)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	return w
}

func given(value, standard string) string {
	if value == none {
		return ""
	}
	return cmp.Or(value, standard)
}

func TestExchanges(t *testing.T) {
	t.Parallel()
	spec, bed := loadSpec(t), newTestbed(t)
	for name, e := range exchanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bed.send(e)
			require.Equal(t, cmp.Or(e.status, http.StatusCreated), w.Code, w.Body)
			operation := api.OperationCreateRoomClientToken
			if strings.HasSuffix(e.path, "refresh_client_token") {
				operation = api.OperationRefreshRoomClientToken
			}
			requireInSpec(t, spec, operation, w)
			require.Equal(t, e.status == http.StatusMethodNotAllowed, w.Header().Get("Allow") == "POST")
			require.Equal(t, e.status == http.StatusUnauthorized, w.Header().Get("WWW-Authenticate") == "Bearer")
			if e.status == 0 {
				return
			}
			got := problemOf(t, w.Body.String())
			require.Equal(t, api.VideoErrorSource{Pointer: e.pointer, Parameter: e.parameter}, got.Source)
			require.Equal(t, e.code, got.Code)
			require.NotEmpty(t, got.Title)
			require.NotEmpty(t, got.Detail)
			require.Equal(t, cmp.Or(e.detail, got.Detail), got.Detail)
			require.Contains(t, got.Meta["url"], e.code)
		})
	}
}

// problemOf is the one in an envelope, or the bare one of a 403.
func problemOf(t *testing.T, body string) api.VideoError {
	t.Helper()
	var refusal struct {
		Errors []api.VideoError
		api.VideoError
	}
	require.NoError(t, json.Unmarshal([]byte(body), &refusal))
	if refusal.Code != "" {
		return refusal.VideoError
	}
	require.Len(t, refusal.Errors, 1)
	return refusal.Errors[0]
}

// TestTheDocumentationListsEveryRefusal reads the table there: "400 10015" and so on.
func TestTheDocumentationListsEveryRefusal(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	documented, tested := map[string]bool{}, map[string]bool{
		"501 10007": true, // TestOperationThatIsNotPerformed
	}
	for _, row := range regexp.MustCompile(`(?m)^//\t(\d{3} \d{5}) `).FindAllStringSubmatch(string(doc), -1) {
		documented[row[1]] = true
	}
	for _, e := range exchanges() {
		if e.status != 0 {
			tested[fmt.Sprint(e.status, " ", e.code)] = true
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(tested)))
}

func TestRefusalsQuoteNoSecret(t *testing.T) {
	t.Parallel()
	bed := newTestbed(t)
	for _, body := range []string{
		`{"refresh_token":{"a":"PRIVATE"}}`, `{"refresh_token":["PRIVATE"]}`, `{"refresh_token":"PRIVATE"}`,
		`{"refresh_token":"PRIVATE","token_ttl_secs":"PRIVATE"}`, `"PRIVATE"`, `{"refresh_token":PRIVATE}`,
	} {
		w := bed.send(exchange{path: refreshPath, body: body})
		require.GreaterOrEqual(t, w.Code, 400)
		require.NotContains(t, w.Body.String(), "PRIVATE")
	}
}

// TestTooLargeBodyIsReadToItsEnd: a client that is still sending may not see the response.
func TestTooLargeBodyIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	body, w := strings.NewReader(strings.Repeat(" ", 2<<20)), httptest.NewRecorder()
	roomtokenstest.NewServer().ServeHTTP(w, httptest.NewRequest(http.MethodPost, createPath, body))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Zero(t, body.Len())
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	req := httptest.NewRequest(http.MethodPost, createPath, iotest.ErrReader(io.ErrUnexpectedEOF))
	serve := func() { server.ServeHTTP(httptest.NewRecorder(), req) }
	require.PanicsWithValue(t, http.ErrAbortHandler, serve)
	require.Empty(t, server.Requests())
}

func TestForbiddenInAnEnvelope(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithForbiddenEnvelope())
	token := create(t, server.Client(), uuid.New()).RefreshToken
	_, err := refresh(t, server.Client(), uuid.New(), token)
	requireRefused(t, err, http.StatusForbidden, forbidden)
	refused, ok := errors.AsType[*roomtokens.Error](err)
	require.True(t, ok)
	require.Contains(t, string(refused.Body()), `{"errors":[{"code":"10010",`)
}
