package roomtokenstest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	header := http.Header{"Retry-After": {"2"}, "Date": nil}
	limited := named("rate limited")
	limited.Times, limited.Operation, limited.Header["Retry-After"] = 2, api.OperationRefreshRoomClientToken, []string{"9"}
	for script, want := range map[string][]roomtokenstest.Fault{
		`[]`:                  {},
		`[{}]`:                {{Name: "scripted"}},
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
	for script, want := range map[string]string{
		``:                          "faults are not JSON: unexpected EOF at byte 0",
		`{}`:                        "faults are not a JSON array",
		`null`:                      "faults are not a JSON array",
		`[{"status":1,"status":2}]`: "faults are not JSON: duplicate object member name at byte 13",
		`[{"times":1},]`:            "faults are not JSON: invalid character ',' at start of value at byte 12",
		`[5]`:                       "fault 1: it is not of the right type",
		`[{"headers":{"a":1}}]`:     "fault 1: headers/a is not of the right type",
		`[{"headers":{"a b":"c"}}]`: `fault 1: header "a b" is invalid`,
		`[{"statos":503}]`:          "fault 1: statos is not a field",
		`[{"fault":"none"}]`:        `fault 1: nothing is called "none"`,
		`[{"delay":3}]`:             "fault 1: delay is not of the right type",
		`[{"delay":"soon"}]`:        "fault 1: delay must be a duration such as 90s",
		`[{"status":"503"}]`:        "fault 1: status is not of the right type",
		`[{},{"status":99}]`:        `fault 2: status is not 200 to 599`,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			_, err := roomtokenstest.ParseFaults([]byte(script))
			require.EqualError(t, err, "roomtokenstest: "+want)
		})
	}
}
