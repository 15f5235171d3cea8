package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestParticipantRefreshesUntilTheRefreshTokenExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, io.Discard)
		joined := h.tokens(t, h.do(joinRequest(h.room)))
		body := `{"refresh_token": "` + string(joined.RefreshToken) + `", "token_ttl_secs": 60}`
		time.Sleep(time.Until(joined.TokenExpiresAt))
		refreshed := h.tokens(t, h.do(refreshRequest(h.room, body)))
		require.Equal(t, time.Minute, time.Until(refreshed.TokenExpiresAt))
		require.Empty(t, h.telnyx.Requests()[1].Authorization)

		requireProblem(t, h.do(refreshRequest("/rooms/"+uuid.NewString(), body)), 403, "not allowed in this room")
		time.Sleep(time.Until(joined.RefreshTokenExpiresAt))
		requireProblem(t, h.do(refreshRequest(h.room, body)), 401, "refresh token unknown or expired: join again")
	})
}

func TestProblemOfRequest(t *testing.T) {
	t.Parallel()
	room := "/rooms/" + uuid.NewString()
	with := func(r *http.Request, header, value string) *http.Request {
		r.Header.Set(header, value)
		return r
	}
	const (
		body      = `{"refresh_token": "x"}`
		notFound  = "no such path, or not with this method"
		notUUID   = "the room id is not a UUID"
		notJSON   = "the body must be application/json"
		notKnown  = "the body must be a JSON object with known fields only"
		tooLarge  = "the body is larger than 8 KiB"
		lifetime  = "token_ttl_secs is 5, must be at least 10"
		otherSite = "request from another origin"
		form      = "application/x-www-form-urlencoded"
		mediaType = "Content-Type"
	)
	for name, row := range map[string]struct {
		request *http.Request
		status  int
		detail  string
	}{
		"no such path":            {httptest.NewRequest(http.MethodGet, "/", http.NoBody), 404, notFound},
		"join by GET":             {httptest.NewRequest(http.MethodGet, room+"/join", http.NoBody), 404, notFound},
		"join, not signed in":     {with(joinRequest(room), "X-Forwarded-User", ""), 401, "nobody is signed in"},
		"join, not a room":        {joinRequest("/rooms/lobby"), 400, notUUID},
		"join, nil room":          {joinRequest("/rooms/" + uuid.Nil.String()), 400, "room_id is the nil UUID"},
		"join from another site":  {with(joinRequest(room), "Sec-Fetch-Site", "cross-site"), 403, otherSite},
		"refresh, not a room":     {refreshRequest("/rooms/lobby", body), 400, notUUID},
		"refresh, a form":         {with(refreshRequest(room, body), mediaType, form), 415, notJSON},
		"refresh, text":           {with(refreshRequest(room, body), mediaType, "text/plain"), 415, notJSON},
		"refresh, no media type":  {with(refreshRequest(room, body), mediaType, ""), 415, notJSON},
		"refresh, unknown field":  {refreshRequest(room, `{"refresh_token": "x", "room": "y"}`), 400, notKnown},
		"refresh, two values":     {refreshRequest(room, body+body), 400, notKnown},
		"refresh, not an object":  {refreshRequest(room, `"x"`), 400, notKnown},
		"refresh, body cut short": {refreshRequest(room, body[:9]), 400, notKnown},
		"refresh, large body":     {refreshRequest(room, strings.Repeat(" ", maxBodyBytes)+body), 413, tooLarge},
		"refresh, large rest":     {refreshRequest(room, body+strings.Repeat(" ", maxBodyBytes)), 413, tooLarge},
		"refresh, no body":        {refreshRequest(room, ""), 400, "refresh_token is required"},
		"refresh, lifetime":       {refreshRequest(room, `{"refresh_token": "x", "token_ttl_secs": 5}`), 400, lifetime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, io.Discard)
				requireProblem(t, h.do(row.request), row.status, row.detail)
				require.Empty(t, h.telnyx.Requests())
			})
		})
	}
}

func TestProblemOfTelnyx(t *testing.T) {
	t.Parallel()
	type fault = roomtokenstest.Fault
	after := func(value string) http.Header {
		return http.Header{"Retry-After": {value}, "X-Ratelimit-Reset": nil, "Date": nil}
	}
	until := fault{Status: 429, Delay: time.Second / 2, Header: after("Sat, 01 Jan 2000 00:00:30 GMT")}
	const refresh = api.OperationRefreshRoomClientToken
	const later = "no token at present: try again in "
	const failed, tooMany = "no token at present: try again later", "too many requests: try again in "
	for name, row := range map[string]struct {
		fault      fault
		status     int
		detail     string
		retryAfter string
	}{
		"API key not known":       {fault{Status: 401}, 502, failed, ""},
		"forbidden":               {fault{Status: 403}, 403, "not allowed in this room", ""},
		"no such room":            {roomtokenstest.Faults()["refusal 10005"], 404, "no such room", ""},
		"a wrong base URL":        {fault{Status: 404}, 502, failed, ""},
		"create invalid":          {fault{Status: 422}, 502, failed, ""},
		"refresh invalid":         {fault{Status: 422, Operation: refresh}, 400, "Telnyx refused the request as invalid", ""},
		"rate limited":            {fault{Status: 429, Times: 4, Header: after("3")}, 429, tooMany + "3 s", "3"},
		"rate limited for long":   {fault{Status: 429, Header: after("90")}, 429, tooMany + "90 s", "90"},
		"rate limited until then": {until, 429, tooMany + "30 s", "30"},
		"rate limited, no time":   {fault{Status: 429, Times: 4, Header: after("0")}, 429, tooMany + "1 s", "1"},
		"down":                    {fault{Status: 503, Times: 4}, 502, failed, ""},
		"down for long":           {fault{Status: 503, Header: after("90")}, 503, later + "90 s", "90"},
		"no token":                {fault{Status: 201, Body: "{}"}, 502, failed, ""},
		"connection reset":        {fault{Reset: true, Times: 4}, 502, failed, ""},
		"too slow":                {fault{Delay: time.Minute, Times: 3}, 504, "no token in time: try again", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, io.Discard)
				h.telnyx.Inject(row.fault)
				request := joinRequest(h.room)
				if row.fault.Operation == refresh {
					request = refreshRequest(h.room, `{"refresh_token": "x"}`)
				}
				start := time.Now()
				response := h.do(request)
				require.LessOrEqual(t, time.Since(start), callTimeout)
				requireProblem(t, response, row.status, row.detail)
				require.Equal(t, row.retryAfter, response.Header().Get("Retry-After"))
				require.Equal(t, row.status >= 500, strings.Contains(h.logged.String(), `"level":"ERROR"`))
			})
		})
	}
}

// No caller can mend what this service sends beside their parameters.
func TestFaultOfTheServiceIsNoInvalidRequest(t *testing.T) {
	t.Parallel()
	quotedKey := func(context.Context) (string, error) { return `"KEY"`, nil }
	for name, option := range map[string]roomtokens.Option{
		"API key in quotes": roomtokens.WithAPIKeyFunc(quotedKey),
		"editor to http":    roomtokens.WithRequestEditor(toPlainHTTP),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, io.Discard)
				h.handler = routes(h.telnyx.Client(option), onlyAlice, h.log)
				requireProblem(t, h.do(joinRequest(h.room)), 500, "this service has failed: try again later")
				require.Contains(t, h.logged.String(), `"level":"ERROR"`)
			})
		})
	}
}

func toPlainHTTP(_ context.Context, r *http.Request) error {
	r.URL.Scheme = "http"
	return nil
}
