package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestFaultScript(t *testing.T) {
	t.Parallel()
	limited := roomtokenstest.RateLimited(time.Second).On(roomtokenstest.CreateOperation).Repeat(2)
	limited.Header.Set("Retry-After", "7")
	limited.Header["X-Ratelimit-Reset"] = nil
	limited.Name = "limit"
	for name, row := range map[string]struct {
		script string
		want   []roomtokenstest.Fault
	}{
		"nothing":    {`[]`, []roomtokenstest.Fault{}},
		"ready-made": {`[{"fault": "reset"}]`, []roomtokenstest.Fault{{Name: "reset", Reset: true, Header: http.Header{}}}},
		"ready-made, changed": {
			`[{"fault": "rate limited", "name": "limit", "times": 2, "operation": "CreateRoomClientToken",
			   "headers": {"retry-after": "7", "X-Ratelimit-Reset": null}}]`,
			[]roomtokenstest.Fault{limited},
		},
		"written down": {
			`[{"status": 503, "delay": "1s", "truncate": true, "clock_skew": "-1h", "body": "down", "size": 9, "lasts": "1m30s"},
			  {"status": 403, "problems": [{"code": "10010", "title": "No"}]}, {"delay": "5ms"}]`,
			[]roomtokenstest.Fault{
				{
					Name: "status 503", Status: 503, Delay: time.Second, Truncate: true, ClockSkew: -time.Hour, Body: "down", Size: 9,
					Lasts: 90 * time.Second, Header: http.Header{},
				},
				{Name: "status 403", Status: 403, Problems: []api.VideoError{{Code: "10010", Title: "No"}}, Header: http.Header{}},
				{Name: "scripted", Delay: 5 * time.Millisecond, Header: http.Header{}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := readFaults(writeFile(t, row.script))
			require.NoError(t, err)
			require.Equal(t, row.want, faults)
		})
	}
}

func TestFaultScriptThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ script, want string }{
		"not JSON":       {`[{]`, "invalid character"},
		"not an array":   {`{}`, "array"},
		"unknown field":  {`[{"stauts": 503}]`, `unknown object member name "stauts"`},
		"unknown fault":  {`[{}, {"fault": "explode"}]`, `entry 2: there is no ready-made fault "explode"; see: roomtokens help mock`},
		"duration":       {`[{"delay": "soon"}]`, "must be a duration such as 90s"},
		"status":         {`[{"status": 99}]`, "status is not 200 to 599"},
		"operation":      {`[{"operation": "Delete", "reset": true}]`, "operation is not in the spec"},
		"no status":      {`[{"body": "x"}]`, "a body needs a status"},
		"type":           {`[{"times": "two"}]`, "times"},
		"framing header": {`[{"headers": {"content-length": "1"}}]`, "cannot be set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, nil, "", "mock", "--addr", "127.0.0.1:0", "--faults", writeFile(t, row.script))
			require.Equal(t, exitUsage, code, stderr)
			require.Empty(t, stdout)
			require.Contains(t, stderr, row.want)
		})
	}
}
