package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestParticipantRefreshesAfterJoining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		joined := h.tokens(t, h.do("alice", http.MethodPost, h.room+"/join", ""))
		time.Sleep(time.Until(joined.TokenExpiresAt))
		body := `{"refresh_token": "` + string(joined.RefreshToken) + `"}`
		h.tokens(t, h.do("", http.MethodPost, h.room+"/refresh", body))
		require.Empty(t, h.telnyx.Requests()[1].Authorization)
	})
}

func TestRecorderTokenIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		first := h.tokens(t, h.do(recorderUser, http.MethodGet, "/recorder/token", ""))
		require.Empty(t, first.RefreshToken)
		time.Sleep(time.Until(first.TokenExpiresAt))
		h.telnyx.Inject(roomtokenstest.Fault{Status: 403})
		h.tokens(t, h.do(recorderUser, http.MethodGet, "/recorder/token", ""))
		require.Equal(t, 2, strings.Count(h.log.String(), `"new recorder token","operation":"CreateRoomClientToken"`))
		require.Contains(t, h.log.String(), `"no new recorder token","operation":"RefreshRoomClientToken"`)
	})
}

func TestStatusForRequest(t *testing.T) {
	t.Parallel()
	room, nilRoom := "/rooms/"+uuid.NewString(), "/rooms/"+uuid.Nil.String()
	long := strings.Repeat(" ", maxBodyBytes) + `{"refresh_token": "x"}`
	const get, post = http.MethodGet, http.MethodPost
	for name, row := range map[string]struct {
		user, method, path, body string
		want                     int
	}{
		"health":               {"", get, "/healthz", "", 204},
		"join, not signed in":  {"", post, room + "/join", "", 401},
		"join, not a room":     {"alice", post, "/rooms/lobby/join", "", 400},
		"join, nil room":       {"alice", post, nilRoom + "/join", "", 400},
		"refresh, not a room":  {"", post, "/rooms/lobby/refresh", `{"refresh_token": "x"}`, 400},
		"refresh, no body":     {"", post, room + "/refresh", "", 400},
		"refresh, no token":    {"", post, room + "/refresh", "{}", 400},
		"refresh, long body":   {"", post, room + "/refresh", long, 400},
		"refresh, not a token": {"", post, room + "/refresh", `{"refresh_token": "x"}`, 401},
		"recorder, other user": {"alice", get, "/recorder/token", "", 403},
		"recorder, wrong verb": {recorderUser, post, "/recorder/token", "", 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				require.Equal(t, row.want, newHarness(t).do(row.user, row.method, row.path, row.body).Code)
			})
		})
	}
}

func TestRequestFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		request := newRequest("alice", http.MethodPost, h.room+"/join", "")
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, h.serve(request).Code)
		require.Empty(t, h.telnyx.Requests())
	})
}

func TestCallerWhoLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		h.telnyx.Inject(roomtokenstest.Fault{Delay: time.Minute})
		h.serve(newRequest("alice", http.MethodPost, h.room+"/join", "").WithContext(ctx))
		require.Contains(t, h.log.String(), `"status":499`)
	})
}

func TestStatusForFailureOfTelnyx(t *testing.T) {
	t.Parallel()
	type fault = roomtokenstest.Fault
	reset := func(seconds string) http.Header { return http.Header{"X-Ratelimit-Reset": {seconds}} }
	for name, row := range map[string]struct {
		fault      fault
		want       int
		retryAfter string
	}{
		"API key not known":           {fault{Status: 401}, 502, ""},
		"forbidden":                   {fault{Status: 403}, 403, ""},
		"no such room":                {fault{Status: 404}, 404, ""},
		"invalid":                     {fault{Status: 422}, 400, ""},
		"rate limited":                {fault{Status: 429, Times: 2, Header: reset("7")}, 429, "7"},
		"rate limited, no time given": {fault{Status: 429, Times: 3, Header: reset("0")}, 429, "1"},
		"down":                        {fault{Status: 503, Times: 3}, 502, ""},
		"no token":                    {fault{Status: 201, Body: "{}"}, 502, ""},
		"connection reset":            {fault{Reset: true, Times: 3}, 502, ""},
		"too slow":                    {fault{Delay: time.Minute, Times: 3}, 504, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.telnyx.Inject(row.fault)
				start := time.Now()
				response := h.do("alice", http.MethodPost, h.room+"/join", "")
				require.LessOrEqual(t, time.Since(start), callTimeout)
				require.Equal(t, row.want, response.Code)
				require.Equal(t, row.retryAfter, response.Header().Get("Retry-After"))
				require.Equal(t, row.want >= 500, strings.Contains(h.log.String(), `"level":"ERROR"`))
				require.Len(t, h.telnyx.Requests(), max(1, row.fault.Times))
			})
		})
	}
}

func TestRetryAfterReachesTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.telnyx.Inject(roomtokenstest.Fault{
			Status: 429, Times: 3, Header: http.Header{"Retry-After": {"3"}, "X-Ratelimit-Reset": nil},
		})
		require.Equal(t, "3", h.do("alice", http.MethodPost, h.room+"/join", "").Header().Get("Retry-After"))
	})
}
