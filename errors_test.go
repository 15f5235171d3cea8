package roomtokens_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// refusal calls CreateRoomClientToken against handler and returns the *Error.
func refusal(t *testing.T, handler http.HandlerFunc) *roomtokens.Error {
	t.Helper()
	token, err := create(t, newClient(t, handler))
	require.Nil(t, token)
	return asError(t, err)
}

func TestSentinels(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		roomtokens.ErrUnauthorized, roomtokens.ErrForbidden, roomtokens.ErrNotFound, roomtokens.ErrInvalidRequest,
		roomtokens.ErrRateLimited, roomtokens.ErrServer, roomtokens.ErrInvalidResponse,
	}
	for want, statuses := range map[error][]int{
		roomtokens.ErrUnauthorized:    {401},
		roomtokens.ErrForbidden:       {403},
		roomtokens.ErrNotFound:        {404},
		roomtokens.ErrInvalidRequest:  {400, 422},
		roomtokens.ErrRateLimited:     {429},
		roomtokens.ErrServer:          {500, 503, 599},
		roomtokens.ErrInvalidResponse: {200, 202, 204, 299},
		nil:                           {199, 300, 301, 304, 402, 408, 409, 499, 600},
	} {
		for _, status := range statuses {
			t.Run(strconv.Itoa(status), func(t *testing.T) {
				t.Parallel()
				err := refusal(t, respond(status, "application/json", "{}"))
				require.Equal(t, status, err.StatusCode)
				require.Equal(t, api.OperationCreateRoomClientToken, err.Operation)
				require.Equal(t, 1, err.Attempts)
				for _, sentinel := range sentinels {
					require.Equal(t, errors.Is(want, sentinel), errors.Is(err, sentinel), "%v", sentinel)
				}
			})
		}
	}
}

func TestErrorHeaders(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("r", 80)
	for name, row := range map[string]struct {
		requestID, limit, remaining, reset string
		want                               roomtokens.RateLimit
		wantID                             string
	}{
		"all":      {"req-1", "30", "2", "17", roomtokens.RateLimit{30, 2, 17 * time.Second}, "req-1"},
		"none":     {},
		"garbage":  {limit: "many", remaining: "1.5", reset: "soon"},
		"negative": {limit: "-1", remaining: "-1", reset: "-1"},
		"with their policies": {
			limit: "30, 30;w=60", remaining: "2;x=1", reset: "17 , 20", want: roomtokens.RateLimit{30, 2, 17 * time.Second},
		},
		"overflow":            {limit: "99999999999999999999"},
		"longest request id":  {requestID: long, wantID: long},
		"request id too long": {requestID: long + "r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := refusal(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", row.requestID)
				w.Header().Set("X-Ratelimit-Limit", row.limit)
				w.Header().Set("X-Ratelimit-Remaining", row.remaining)
				w.Header().Set("X-Ratelimit-Reset", row.reset)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			require.Equal(t, row.wantID, err.RequestID)
			require.Equal(t, row.want, err.RateLimit)
			require.Equal(t, row.want.Reset, err.RetryAfter, "TestServerWait has the details")
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	const start = "roomtokens: CreateRoomClientToken: "
	refused := func(title string) http.HandlerFunc {
		return respond(http.StatusForbidden, "", `{"title":"`+title+`"}`)
	}
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"no reason":      {respond(http.StatusBadGateway, "text/html", "<html>"), "502 Bad Gateway"},
		"unknown status": {respond(599, "", "{}"), "599: {}"},
		"a problem": {
			respond(http.StatusForbidden, "", `{"code":"10010","title":"Authorization failed","detail":"No."}`),
			"403 Forbidden: 10010 Authorization failed: No",
		},
		"where": {
			respond(422, "", `{"errors":[{"code":"1","title":"Bad","source":{"pointer":"/x"}}]}`),
			"422 Unprocessable Entity: 1 Bad (/x)",
		},
		"two problems": {
			respond(http.StatusForbidden, "", `{"errors":[{"title":"one"},{"title":"two"}]}`),
			"403 Forbidden: one (and 1 more)",
		},
		"line breaks and control characters": {
			refused(`a \r\n b\u0000\u001b[31mc\u202ed\u2028e`), "403 Forbidden: a b [31mc d e",
		},
		"invalid UTF-8": {refused("a\xffb"), "403 Forbidden: a\uFFFDb"},
		"invalid UTF-8 in the request id": {
			withHeader("X-Request-Id", "a\xffb", respond(403, "", "")), "403 Forbidden, request id a\uFFFDb",
		},
		"longest": {
			refused(strings.Repeat("x", 250)), "403 Forbidden: " + strings.Repeat("x", 250),
		},
		"too long": {
			refused(strings.Repeat("x", 251)), "403 Forbidden: " + strings.Repeat("x", 247) + "…",
		},
		"cut at a character's end": {
			refused(strings.Repeat("é", 200)), "403 Forbidden: " + strings.Repeat("é", 123) + "…",
		},
		"too long, with a request id": {
			withHeader("X-Request-Id", strings.Repeat("r", 80), refused(strings.Repeat("x", 250))),
			"403 Forbidden: " + strings.Repeat("x", 154) + "…, request id " + strings.Repeat("r", 80),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := refusal(t, row.handler).Error()
			require.Equal(t, start+row.want, text)
			require.LessOrEqual(t, len(text), 300)
		})
	}
}

func TestBodyIsCapped(t *testing.T) {
	t.Parallel()
	err := refusal(t, respond(http.StatusInternalServerError, "text/plain", strings.Repeat("x", 100<<10)))
	require.Len(t, err.Body(), 8<<10)
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
