package roomtokenstest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	limited := named("rate limited")
	limited.Name, limited.Times, limited.Operation, limited.RoomID = "mine", 2, refreshes, uuid.MustParse(room)
	window, minute := named("rate limit window"), named("rate limit window")
	window.Times, window.Lasts, minute.Lasts = 2, 0, time.Minute
	for script, want := range map[string][]roomtokenstest.Fault{
		`[]`: {},
		`[{"fault":"reset"},{"fault":"rate limit window"}]`: {named("reset"), named("rate limit window")},
		`[{"fault":"rate limited","name":"mine","times":2,"operation":"RefreshRoomClientToken","room_id":"` + room + `"}]`: {
			limited,
		},
		`[{"fault":"rate limit window","times":2},{"fault":"rate limit window","lasts":"1m"}]`: {window, minute},

		`[{"name":"mine"}]`: {{Name: "mine"}},
		`[{"delay":"1m30s","lasts":"5s","clock_skew":"-1h"},{"reset":true}]`: {
			{Name: "scripted", Delay: 90 * time.Second, Lasts: 5 * time.Second, ClockSkew: -time.Hour},
			{Name: "scripted", Reset: true},
		},
		`[{"status":503,"body":"down","truncate":true,"headers":{"retry-after":"2","date":null}}]`: {{
			Name: "scripted", Status: 503, Body: "down", Truncate: true,
			Header: http.Header{"Retry-After": {"2"}, "Date": nil},
		}},
		`[{"status":503,"body":"","size":9,"truncate":true}]`: {
			{Name: "scripted", Status: 503, Size: 9, Truncate: true},
		},
		`[{"status":503,"body":""}]`:      {{Name: "scripted", Status: 503}},
		`[{"status":204},{"status":302}]`: {{Name: "scripted", Status: 204}, {Name: "scripted", Status: 302}},
		`[{"status":403,"problems":[{"code":"1","title":"a"}]}]`: {
			{Name: "scripted", Status: 403, Problems: []api.VideoError{{Code: "1", Title: "a"}}},
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
	const notNamed = "fault 1: a named fault takes operation, room_id, times, lasts and name, and nothing else"
	names := strings.Join(slices.Sorted(maps.Keys(roomtokenstest.Faults())), ", ")
	for script, want := range map[string]string{
		``:                            "faults are not JSON: unexpected EOF at byte 0",
		`{}`:                          "faults are not a JSON array",
		`null`:                        "faults are not a JSON array",
		`[{"status":1,"status":2}]`:   "faults are not JSON: duplicate object member name at byte 13",
		`[{"times":1},]`:              "faults are not JSON: invalid character ',' at start of value at byte 12",
		`[5]`:                         "fault 1: it is not of the right type",
		`[{"headers":{"a":1}}]`:       "fault 1: headers/a is not of the right type",
		`[{"headers":{"a b":"c"}}]`:   `fault 1: header "a b" is invalid`,
		`[{"times":1,"room_id":"x"}]`: "fault 1: room_id is not of the right type",
		`[{"statos":503}]`:            "fault 1: statos is not a field",
		`[{"delay":3}]`:               `fault 1: delay must be a duration such as "90s"`,
		`[{"delay":"soon"}]`:          `fault 1: delay must be a duration such as "90s"`,
		`[{"status":"503"}]`:          "fault 1: status is not of the right type",
		`[{"body":"x"},null]`:         "fault 1: a body needs a status",
		`[{"times":1},{"status":9}]`:  "fault 2: status is not 200 to 599",
		`[{}]`:                        "fault 1: it is empty",
		`[null]`:                      "fault 1: it is empty",
		`[{"times":0}]`:               "fault 1: times must be at least 1",
		`[{"reset":true,"times":0}]`:  "fault 1: times must be at least 1",

		`[{"fault":"delay","delay":"3s"}]`:         notNamed,
		`[{"fault":"refusal 10007","body":""}]`:    notNamed,
		`[{"fault":"refusal 10007","headers":{}}]`: notNamed,
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
}
