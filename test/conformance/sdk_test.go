//go:build conformance

package conformance_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sdkCall is one call of sdk/calls.mjs.
type sdkCall struct {
	Method string         `json:"method"`
	Room   string         `json:"room"`
	Body   map[string]any `json:"body"`
	APIKey string         `json:"apiKey,omitempty"`
}

// sdkOutcome is what became of it: Data, or an error of the SDK's own class.
type sdkOutcome struct {
	Data struct {
		Token                 string    `json:"token"`
		TokenExpiresAt        time.Time `json:"token_expires_at"`
		RefreshToken          string    `json:"refresh_token"`
		RefreshTokenExpiresAt time.Time `json:"refresh_token_expires_at"`
	} `json:"data"`
	Error  string  `json:"error"`
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Millis float64 `json:"millis"`
}

func sdkCreate(body map[string]any) sdkCall {
	return sdkCall{Method: "generateJoinClientToken", Room: room().String(), Body: body}
}

func sdkRefresh(token string) sdkCall {
	return sdkCall{Method: "refreshClientToken", Room: room().String(), Body: map[string]any{"refresh_token": token}}
}

func (c sdkCall) in(room string) sdkCall { c.Room = room; return c }

func (c sdkCall) as(apiKey string) sdkCall { c.APIKey = apiKey; return c }

func (c sdkCall) with(field string, value any) sdkCall {
	c.Body = maps.Clone(c.Body)
	c.Body[field] = value
	return c
}

// sdk makes the calls against the mock with the official Node SDK.
func sdk(t *testing.T, m *mock, calls []sdkCall) []sdkOutcome {
	t.Helper()
	require.DirExists(t, "node_modules/telnyx", "the Node SDK is not installed: run npm ci --ignore-scripts in test/conformance")
	input, err := json.Marshal(calls)
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	cmd := node(t, "sdk/calls.mjs")
	cmd.Env = append(cmd.Env, m.env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	require.NoError(t, cmd.Run(), stderr.String())
	var outcomes []sdkOutcome
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &outcomes), stdout.String())
	require.Len(t, outcomes, len(calls))
	return outcomes
}

func TestSDK(t *testing.T) {
	t.Parallel()
	program := build(t)
	t.Run("creates and refreshes", func(t *testing.T) { t.Parallel(); testSDKCalls(t, program) })
	t.Run("sees its typed errors", func(t *testing.T) { t.Parallel(); testSDKErrors(t, program) })
	t.Run("retries twice", func(t *testing.T) { t.Parallel(); testSDKRetries(t, program) })
}

func testSDKCalls(t *testing.T, program string) {
	t.Helper()
	m := startMock(t, program, "[]")
	outcomes := sdk(t, m, []sdkCall{
		sdkCreate(map[string]any{}),
		sdkCreate(map[string]any{"token_ttl_secs": 60, "refresh_token_ttl_secs": 120}),
		sdkRefresh("$refresh").with("token_ttl_secs", 30),
		sdkRefresh("$refresh").as("KEY-of-nobody"), // the SDK sends a key; refresh takes none
	})
	for _, o := range outcomes {
		require.Empty(t, o.Error)
		require.NotEmpty(t, o.Data.Token)
	}
	for _, created := range outcomes[:2] {
		require.NotEmpty(t, created.Data.RefreshToken)
	}
	require.Equal(t, 50*time.Minute, outcomes[0].Data.RefreshTokenExpiresAt.Sub(outcomes[0].Data.TokenExpiresAt))
	require.Equal(t, time.Minute, outcomes[1].Data.RefreshTokenExpiresAt.Sub(outcomes[1].Data.TokenExpiresAt))
	require.WithinDuration(t, time.Now().Add(30*time.Second), outcomes[2].Data.TokenExpiresAt, 20*time.Second)
	require.Equal(t, []int{201, 201, 201, 201}, m.statuses(t))
}

func testSDKErrors(t *testing.T, program string) {
	t.Helper()
	rows := []struct {
		name string
		call sdkCall
		want sdkOutcome
	}{
		{"create", sdkCreate(map[string]any{}), sdkOutcome{}},
		{"unknown key", sdkCreate(map[string]any{}).as("KEY-of-nobody"), refusedWith("AuthenticationError", 401, "10009")},
		{"unknown token", sdkRefresh("unknown"), refusedWith("AuthenticationError", 401, "10009")},
		{"client token", sdkRefresh("$token"), refusedWith("PermissionDeniedError", 403, "10010")},
		{"other room", sdkRefresh("$refresh").in("11111111-2222-4333-8444-555555555555"), refusedWith("PermissionDeniedError", 403, "10010")},
		{"no such room", sdkCreate(map[string]any{}).in("00000000-0000-0000-0000-000000000000"), refusedWith("NotFoundError", 404, "10005")},
		{"room is no UUID", sdkCreate(map[string]any{}).in("lobby"), refusedWith("UnprocessableEntityError", 422, "10006")},
		{"lifetime too short", sdkCreate(map[string]any{"token_ttl_secs": 9}), refusedWith("UnprocessableEntityError", 422, "10015")},
		{"no refresh token", sdkCall{"refreshClientToken", room().String(), map[string]any{}, ""}, refusedWith("UnprocessableEntityError", 422, "10004")},
	}
	calls, statuses := make([]sdkCall, len(rows)), make([]int, len(rows))
	for i, row := range rows {
		calls[i], statuses[i] = row.call, max(row.want.Status, http.StatusCreated)
	}
	m := startMock(t, program, "[]")
	for i, o := range sdk(t, m, calls) {
		require.Equal(t, rows[i].want, refusedWith(o.Error, o.Status, o.Code), rows[i].name)
	}
	require.Equal(t, statuses, m.statuses(t), "none of these is repeated")
}

func refusedWith(class string, status int, code string) sdkOutcome {
	return sdkOutcome{Error: class, Status: status, Code: code}
}

func testSDKRetries(t *testing.T, program string) {
	t.Helper()
	for name, row := range map[string]struct {
		faults   string
		want     sdkOutcome
		statuses []int // zero for a broken connection
		slow     time.Duration
	}{
		"429, lasting": {
			`[{"fault": "rate limited", "times": 3, "headers": {"Retry-After": null}}]`,
			refusedWith("RateLimitError", 429, "10011"),
			[]int{429, 429, 429},
			0,
		},
		"429 with Retry-After": {`[{"fault": "rate limited", "times": 2}]`, sdkOutcome{}, []int{429, 429, 201}, 2 * time.Second},
		"503, lasting": {
			`[{"fault": "problem detail", "times": 3}]`, refusedWith("InternalServerError", 503, ""), []int{503, 503, 503}, 0,
		},
		"500, passing":      {`[{"fault": "refusal 10007", "times": 2}]`, sdkOutcome{}, []int{500, 500, 201}, 0},
		"408, passing":      {`[{"fault": "refusal 10008"}]`, sdkOutcome{}, []int{408, 201}, 0},
		"connection breaks": {`[{"fault": "reset", "times": 2}]`, sdkOutcome{}, []int{0, 0, 201}, 0},
		"connection is bad": {`[{"fault": "reset", "times": 3}]`, refusedWith("APIConnectionError", 0, ""), []int{0, 0, 0}, 0},
		"403 in an envelope, not repeated": {
			`[{"fault": "403 in an envelope"}]`, refusedWith("PermissionDeniedError", 403, "10010"), []int{403}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startMock(t, program, row.faults)
			o := sdk(t, m, []sdkCall{sdkCreate(map[string]any{})})[0]
			require.Equal(t, row.want, refusedWith(o.Error, o.Status, o.Code))
			require.Equal(t, row.want.Error == "", o.Data.Token != "")
			require.Equal(t, row.statuses, m.statuses(t))
			require.GreaterOrEqual(t, o.Millis, float64(row.slow.Milliseconds()))
		})
	}
}
