package roomtokens_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// refusal calls CreateRoomClientToken against handler and returns the *Error.
func refusal(t *testing.T, handler http.HandlerFunc) *roomtokens.Error {
	t.Helper()
	token, err := create(t, newClient(t, handler))
	require.Nil(t, token)
	refused, ok := errors.AsType[*roomtokens.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return refused
}

func TestSentinels(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		roomtokens.ErrUnauthorized, roomtokens.ErrForbidden, roomtokens.ErrNotFound, roomtokens.ErrInvalidRequest,
		roomtokens.ErrRateLimited, roomtokens.ErrServer, roomtokens.ErrInvalidResponse,
	}
	for status, want := range map[int]error{
		200: roomtokens.ErrInvalidResponse,
		202: roomtokens.ErrInvalidResponse,
		204: roomtokens.ErrInvalidResponse,
		299: roomtokens.ErrInvalidResponse,
		300: nil,
		301: nil,
		304: nil,
		400: roomtokens.ErrInvalidRequest,
		401: roomtokens.ErrUnauthorized,
		402: nil,
		403: roomtokens.ErrForbidden,
		404: roomtokens.ErrNotFound,
		408: nil,
		409: nil,
		422: roomtokens.ErrInvalidRequest,
		429: roomtokens.ErrRateLimited,
		499: nil,
		500: roomtokens.ErrServer,
		503: roomtokens.ErrServer,
		599: roomtokens.ErrServer,
		600: nil,
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			err := refusal(t, respond(status, "application/json", "{}"))
			require.Equal(t, status, err.StatusCode)
			require.Equal(t, "CreateRoomClientToken", err.Operation)
			require.Equal(t, 1, err.Attempts)
			for _, sentinel := range sentinels {
				require.Equal(t, errors.Is(want, sentinel), errors.Is(err, sentinel), "%v", sentinel)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	forbidden := api.VideoError{Code: "10010", Title: "Authorization failed"}
	for name, row := range map[string]struct {
		contentType, body string
		want              []api.VideoError
	}{
		"envelope": {
			"application/json", `{"errors":[{"code":"10010","title":"Authorization failed"},{"code":"10015","title":"Bad request"}]}`,
			[]api.VideoError{forbidden, {Code: "10015", Title: "Bad request"}},
		},
		"bare video_Error": {
			"application/json", `{"code":"10010","title":"Authorization failed"}`,
			[]api.VideoError{forbidden},
		},
		"every field": {
			"application/json",
			`{"errors":[{"code":"10004","title":"Missing","detail":"Say it.","source":{"pointer":"/a","parameter":"b"},"meta":{"url":"u"}}]}`,
			[]api.VideoError{{
				Code: "10004", Title: "Missing", Detail: "Say it.", Meta: map[string]any{"url": "u"},
				Source: api.VideoErrorSource{Pointer: "/a", Parameter: "b"},
			}},
		},
		"code as a number": {
			"application/json", `{"errors":[{"code":10010,"title":"Authorization failed"}]}`,
			[]api.VideoError{forbidden},
		},
		"success and message": {
			"application/json", `{"success":false,"message":"Something broke"}`,
			[]api.VideoError{{Title: "Something broke"}},
		},
		"problem details": {
			"application/problem+json", `{"type":"about:blank","title":"Bad Gateway","status":502,"detail":"upstream"}`,
			[]api.VideoError{{Title: "Bad Gateway", Detail: "upstream"}},
		},
		"a field of the wrong type leaves the others": {
			"application/json", `{"errors":[{"code":"10010","title":"Authorization failed","detail":[1],"source":"x","meta":3}]}`,
			[]api.VideoError{forbidden},
		},
		"a problem of the wrong type leaves the others": {
			"application/json", `{"errors":["x",null,{},{"code":"10010","title":"Authorization failed"}]}`,
			[]api.VideoError{forbidden},
		},
		"duplicate names": {
			"application/json", `{"code":"1","code":"10010","title":"Authorization failed"}`,
			[]api.VideoError{forbidden},
		},
		"errors is not a list": {"application/json", `{"errors":{"code":["taken"]}}`, nil},
		"HTML":                 {"text/html", `<html><title>502 Bad Gateway</title></html>`, nil},
		"empty":                {"", ``, nil},
		"null":                 {"application/json", `null`, nil},
		"list":                 {"application/json", `[]`, nil},
		"truncated":            {"application/json", `{"errors":[{"code":"100`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := refusal(t, respond(http.StatusForbidden, row.contentType, row.body))
			require.Equal(t, row.want, err.Problems)
			require.Equal(t, row.body, string(err.Body()))
			require.ErrorIs(t, err, roomtokens.ErrForbidden)
		})
	}
}

// TestProblemsInDepth has a document about as deep as the decoder takes.
func TestProblemsInDepth(t *testing.T) {
	t.Parallel()
	const depth = 4000
	err := refusal(t, respond(http.StatusForbidden, "application/json",
		`{"title":"deep","meta":`+strings.Repeat(`{"a":[`, depth)+strings.Repeat(`]}`, depth)+`}`))
	require.Len(t, err.Problems, 1)
	require.Equal(t, "deep", err.Problems[0].Title)
}

func TestErrorHeaders(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		header    map[string]string
		requestID string
		rateLimit roomtokens.RateLimit
	}{
		"all": {
			map[string]string{"x-request-id": "req-1", "x-ratelimit-limit": "30", "x-ratelimit-remaining": "2", "x-ratelimit-reset": "17"},
			"req-1",
			roomtokens.RateLimit{Limit: 30, Remaining: 2, Reset: 17 * time.Second},
		},
		"none":     {nil, "", roomtokens.RateLimit{}},
		"garbage":  {map[string]string{"x-ratelimit-limit": "many", "x-ratelimit-remaining": "1.5", "x-ratelimit-reset": "soon"}, "", roomtokens.RateLimit{}},
		"negative": {map[string]string{"x-ratelimit-limit": "-1", "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "-1"}, "", roomtokens.RateLimit{}},
		"overflow": {
			map[string]string{"x-ratelimit-limit": "99999999999999999999"}, "", roomtokens.RateLimit{},
		},
		"request id too long": {map[string]string{"x-request-id": strings.Repeat("r", 81)}, "", roomtokens.RateLimit{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := refusal(t, func(w http.ResponseWriter, _ *http.Request) {
				for key, value := range row.header {
					w.Header().Set(key, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			require.Equal(t, row.requestID, err.RequestID)
			require.Equal(t, row.rateLimit, err.RateLimit)
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é\n", 5000)
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		want    string // empty where only the form is checked
	}{
		"no reason": {
			respond(http.StatusBadGateway, "text/html", "<html>"),
			"roomtokens: CreateRoomClientToken: 502 Bad Gateway",
		},
		"unknown status": {respond(599, "", ""), "roomtokens: CreateRoomClientToken: 599"},
		"a problem": {
			respond(http.StatusForbidden, "", `{"code":"10010","title":"Authorization failed","detail":"No."}`),
			"roomtokens: CreateRoomClientToken: 403 Forbidden: 10010 Authorization failed: No",
		},
		"where": {
			respond(http.StatusUnprocessableEntity, "", `{"errors":[{"code":"10015","title":"Bad request","source":{"pointer":"/x"}}]}`),
			"roomtokens: CreateRoomClientToken: 422 Unprocessable Entity: 10015 Bad request (/x)",
		},
		"two problems": {
			respond(http.StatusForbidden, "", `{"errors":[{"title":"one"},{"title":"two"}]}`),
			"roomtokens: CreateRoomClientToken: 403 Forbidden: one (and 1 more)",
		},
		"line breaks and control characters": {
			respond(http.StatusForbidden, "", `{"title":"a\r\nb\u0000\u001b[31mc\u202ed\u2028e"}`),
			"roomtokens: CreateRoomClientToken: 403 Forbidden: a b [31mc d e",
		},
		"invalid UTF-8": {
			respond(http.StatusForbidden, "", "{\"title\":\"a\xffb\"}"),
			"roomtokens: CreateRoomClientToken: 403 Forbidden: a\uFFFDb",
		},
		"long": {respond(http.StatusForbidden, "", `{"title":"`+strings.ReplaceAll(long, "\n", " ")+`"}`), ""},
		"long, with a request id": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("X-Request-Id", strings.Repeat("r", 80))
			respond(http.StatusForbidden, "", `{"title":"`+strings.Repeat("t", 1000)+`"}`)(w, req)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := refusal(t, row.handler).Error()
			if row.want != "" {
				require.Equal(t, row.want, strings.TrimSpace(text))
			}
			require.LessOrEqual(t, len(text), 300)
			require.True(t, utf8.ValidString(text))
			require.NotContains(t, text, "\n")
		})
	}
}

func TestBodyIsCapped(t *testing.T) {
	t.Parallel()
	err := refusal(t, respond(http.StatusInternalServerError, "text/plain", strings.Repeat("x", 100<<10)))
	require.Len(t, err.Body(), 64<<10)
	err.Body()[0] = 'y'
	require.EqualValues(t, 'x', err.Body()[0], "the caller got the original")
}

func TestErrorMadeByACaller(t *testing.T) {
	t.Parallel()
	err := &roomtokens.Error{Operation: "CreateRoomClientToken", StatusCode: http.StatusForbidden}
	require.Equal(t, "roomtokens: CreateRoomClientToken: 403 Forbidden", err.Error())
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	require.Nil(t, err.Body())
	require.NoError(t, err.Unwrap())

	err.RequestID = strings.Repeat("long\n", 1000)
	require.LessOrEqual(t, len(err.Error()), 300)
	require.NotContains(t, err.Error(), "\n")
}
