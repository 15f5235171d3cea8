package roomtokenstest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	header := http.Header{"Retry-After": {"2"}, "Date": nil}
	limited := named("rate limited")
	limited.Times, limited.Operation, limited.Header["Retry-After"] = 2, api.OperationRefreshRoomClientToken, []string{"9"}
	otherBody, otherProblems := named("refusal 10009"), named("problem detail")
	otherBody.Problems, otherBody.Body = nil, "x"
	otherProblems.Problems, otherProblems.Body = []api.VideoError{{Code: "1"}}, ""
	for script, want := range map[string][]roomtokenstest.Fault{
		`[{"fault":"refusal 10009","body":"x"}]`:                 {otherBody},
		`[{"fault":"problem detail","problems":[{"code":"1"}]}]`: {otherProblems},

		`[]`:                  {},
		`[{"name":"mine"}]`:   {{Name: "mine"}},
		`[{"fault":"reset"}]`: {named("reset")},
		`[{"fault":"delay"}]`: {{Name: "delay", Delay: time.Second}},
		`[{"fault":"delay","delay":"1m30s","lasts":"5s","clock_skew":"-1h"}]`: {
			{Name: "delay", Delay: 90 * time.Second, Lasts: 5 * time.Second, ClockSkew: -time.Hour},
		},
		`[{"fault":"rate limited","times":2,"operation":"RefreshRoomClientToken","headers":{"retry-after":"9"}}]`: {limited},
		`[{"status":503,"body":"down","size":9,"truncate":true,"headers":{"retry-after":"2","date":null}}]`: {
			{Name: "scripted", Status: 503, Body: "down", Size: 9, Truncate: true, Header: header},
		},
		`[{"status":503,"body":""}]`:            {{Name: "scripted", Status: 503}},
		`[{"status":204},{"status":302}]`:       {{Name: "scripted", Status: 204}, {Name: "scripted", Status: 302}},
		`[{"fault":"empty body","status":404}]`: {{Name: "empty body", Status: 404}},
		`[{"status":403,"problems":[{"code":"1","title":"a"}]},{"reset":true}]`: {
			{Name: "scripted", Status: 403, Problems: []api.VideoError{{Code: "1", Title: "a"}}},
			{Name: "scripted", Reset: true},
		},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			got, err := roomtokenstest.ParseFaults([]byte(script))
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestParseFaultsRefuses(t *testing.T) {
	t.Parallel()
	names := strings.Join(slices.Sorted(maps.Keys(roomtokenstest.Faults())), ", ")
	for script, want := range map[string]string{
		``:                           "faults are not JSON: unexpected EOF at byte 0",
		`{}`:                         "faults are not a JSON array",
		`null`:                       "faults are not a JSON array",
		`[{"status":1,"status":2}]`:  "faults are not JSON: duplicate object member name at byte 13",
		`[{"times":1},]`:             "faults are not JSON: invalid character ',' at start of value at byte 12",
		`[5]`:                        "fault 1: it is not of the right type",
		`[{"headers":{"a":1}}]`:      "fault 1: headers/a is not of the right type",
		`[{"headers":{"a b":"c"}}]`:  `fault 1: header "a b" is invalid`,
		`[{"statos":503}]`:           "fault 1: statos is not a field",
		`[{"delay":3}]`:              `fault 1: delay must be a duration such as "90s"`,
		`[{"delay":"soon"}]`:         `fault 1: delay must be a duration such as "90s"`,
		`[{"status":"503"}]`:         "fault 1: status is not of the right type",
		`[{"body":"x"},null]`:        "fault 1: a body needs a status",
		`[{"times":1},{"status":9}]`: "fault 2: status is not 200 to 599",
		`[{}]`:                       "fault 1: it is empty",
		`[null]`:                     "fault 1: it is empty",
		`[{"times":0}]`:              "fault 1: times must be at least 1",
		`[{"reset":true,"times":0}]`: "fault 1: times must be at least 1",

		`[{"times":1,"operation":"create"}]`: `fault 1: operation "create" is none of ` +
			`[CreateRoomClientToken RefreshRoomClientToken]`,
		`[{"fault":"rate-limited"}]`: `fault 1: no fault is called "rate-limited"; there are: ` + names,
		`[{"fault":"` + strings.Repeat("reset", 20) + `"}]`: `fault 1: no fault is called "` +
			strings.Repeat("reset", 12) + `rese"; there are: ` + names,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokenstest.ParseFaults([]byte(script))
			require.EqualError(t, err, "roomtokenstest: "+want)
		})
	}
}

// TestStatusInAScript has the body that Telnyx gives it, or one that a client can read.
func TestStatusInAScript(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{
		400: bad, 401: unauthorized, 403: forbidden, 404: notFound, 408: "10008", 409: bad, 422: missing,
		429: tooManyRequests, 500: "10007", 503: "10007", 599: "10007",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			faults, err := roomtokenstest.ParseFaults(fmt.Appendf(nil, `[{"status":%d}]`, status))
			require.NoError(t, err)
			requireRefused(t, under(t, faults[0]), status, code)
		})
	}
	faults, err := roomtokenstest.ParseFaults([]byte(`[{"fault":"delay","delay":"1ns","status":401}]`))
	require.NoError(t, err)
	requireRefused(t, under(t, faults[0]), 401, unauthorized)
}

// TestPendingFaultsAreAScript that has the same faults pending again.
func TestPendingFaultsAreAScript(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	faults := roomtokenstest.Faults()
	for name := range faults {
		if utf8.ValidString(faults[name].Body) {
			server.Inject(faults[name])
		}
	}
	server.Inject(roomtokenstest.Fault{
		Name: "all", Operation: api.OperationCreateRoomClientToken, Times: 3, Delay: time.Second, ClockSkew: -time.Hour,
		Truncate: true, Status: 418, Header: http.Header{"Date": nil, "A": {"b"}}, Body: "<p>", Size: 9,
	}, roomtokenstest.Fault{Name: "empty", Status: 503, Times: 1}, roomtokenstest.Fault{Name: "lasts", Lasts: time.Minute})
	pending := server.PendingFaults()
	script, err := json.Marshal(pending)
	require.NoError(t, err)
	again, err := roomtokenstest.ParseFaults(script)
	require.NoError(t, err)
	require.Equal(t, pending, again)
	require.Contains(t, string(script), `{"name":"delay","delay":"1s","times":1}`)
	require.Contains(t, string(script), `{"name":"empty","status":503,"times":1,"body":""}`)
	require.Contains(t, string(script), `"headers":{"A":"b","Date":null}`)
	_, err = json.Marshal(faults)
	require.NoError(t, err, "whatever is in a body")
}
