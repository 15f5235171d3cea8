package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// decodePair reads what create writes.
func decodePair(t *testing.T, stdout string) roomtokens.ClientToken {
	t.Helper()
	var pair roomtokens.ClientToken
	require.NoError(t, json.Unmarshal([]byte(stdout), &pair), stdout)
	return pair
}

// requireLifetime checks the lifetime of the token.
func requireLifetime(t *testing.T, fake *roomtokenstest.Server, token roomtokens.ClientToken, want time.Duration) {
	t.Helper()
	claims, err := fake.Verify(token.Token)
	require.NoError(t, err)
	require.Equal(t, uuid.MustParse(room), claims.RoomID)
	require.Equal(t, want, claims.ExpiresAt.Sub(claims.IssuedAt))
	require.Equal(t, claims.ExpiresAt, token.TokenExpiresAt.UTC())
}

func TestCreate(t *testing.T) {
	t.Parallel()
	for args, ttl := range map[string][2]time.Duration{
		"create ROOM": {10 * time.Minute, time.Hour},
		"create --token-ttl=10s ROOM --refresh-token-ttl 1m": {10 * time.Second, time.Minute},
		"create ROOM --token-ttl=1h --refresh-token-ttl 24h": {time.Hour, 24 * time.Hour},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t)
			code, stdout, stderr := invoke(t, env, "", words(args)...)
			require.Equal(t, exitOK, code, stderr)
			require.Empty(t, stderr)
			pair := decodePair(t, stdout)
			requireLifetime(t, fake, pair, ttl[0])
			require.Equal(t, ttl[1]-ttl[0], pair.RefreshTokenExpiresAt.Sub(pair.TokenExpiresAt))
		})
	}
}

func TestLifetimesOutOfBounds(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"create ROOM --token-ttl 9s":             "token_ttl_secs is 9, must be at least 10",
		"create ROOM --token-ttl 3601s":          "token_ttl_secs is 3601, must be at most 3600",
		"create ROOM --token-ttl=-1s":            "token_ttl_secs is -1, must be at least 10",
		"create ROOM --refresh-token-ttl 59s":    "refresh_token_ttl_secs is 59, must be at least 60",
		"watch ROOM --refresh-token-ttl 24h0m1s": "refresh_token_ttl_secs is 86401, must be at most 86400",
		"refresh ROOM --token-ttl 1h0m1s":        "token_ttl_secs is 3601, must be at most 3600",
	} {
		fake, env := listen(t)
		requireUsage(t, env, "a-token", line, want)
		require.Empty(t, fake.Requests(), line)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{
		"bare": "%s", "newline": "%s\n", "carriage return": "%s\r\n", "blank lines": "\n\n%s\n\n", "mark": "\ufeff%s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t)
			delete(env, "TELNYX_API_KEY")
			content := fmt.Sprintf(form, fake.APIKey())
			env["TELNYX_API_KEY_FILE"] = writeFile(t, content)
			code, _, stderr := invoke(t, env, "", "create", room)
			require.Equal(t, exitOK, code, stderr)
			env["TELNYX_API_KEY_FILE"] = "-"
			code, _, stderr = invoke(t, env, utf16("\ufeff"+strings.TrimPrefix(content, "\ufeff")), "create", room)
			require.Equal(t, exitOK, code, stderr)
		})
	}
	const empty = "TELNYX_API_KEY_FILE: invalid request: API key is empty"
	for _, content := range []string{"", "\n"} {
		requireUsage(t, environ{"TELNYX_API_KEY_FILE": writeFile(t, content)}, "", "create ROOM", empty)
	}
}

// Arguments come before the environment.
func TestRoomAndServerOfTheEnvironment(t *testing.T) {
	t.Parallel()
	const other = "11111111-2222-4333-8444-555555555555"
	for _, command := range []string{"create", "refresh", "watch"} {
		fake, env := listen(t)
		fake.Inject(roomtokenstest.Fault{Name: "refused", Status: 404, Times: 2})
		env["TELNYX_ROOM_ID"] = other
		_, _, _ = invoke(t, env, "a-token", command)
		server := env["TELNYX_BASE_URL"]
		env["TELNYX_BASE_URL"] = nowhere
		_, _, _ = invoke(t, env, "a-token", command, room, "--base-url", server)
		requests := fake.Requests()
		require.Len(t, requests, 2, command)
		require.Equal(t, other, requests[0].RoomID.String(), command)
		require.Equal(t, room, requests[1].RoomID.String(), command)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	const bom = "\ufeff"
	for name, form := range map[string]func(pair, token string) string{
		"token":                func(_, token string) string { return token },
		"token with a newline": func(_, token string) string { return "\n" + token + "\r\n\n" },
		"token with a mark":    func(_, token string) string { return bom + token },
		"pair":                 func(pair, _ string) string { return pair },
		"pair with a mark":     func(pair, _ string) string { return bom + pair },
		"pair in UTF-16":       func(pair, _ string) string { return utf16(bom + pair) },
		"response of the API":  func(pair, _ string) string { return `{"data": ` + pair + `}` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t)
			_, pair, _ := invoke(t, env, "", "create", room)
			input := form(pair, string(decodePair(t, pair).RefreshToken))
			delete(env, "TELNYX_API_KEY")
			for _, row := range []struct{ stdin, file string }{{input, ""}, {input, "-"}, {"", writeFile(t, input)}} {
				args := []string{"refresh", room, "--token-ttl", "2m"}
				if row.file != "" {
					args = append(args, "--refresh-token-file", row.file)
				}
				code, stdout, stderr := invoke(t, env, row.stdin, args...)
				require.Equal(t, exitOK, code, stderr)
				require.Empty(t, stderr)
				require.NotContains(t, stdout, "refresh_token", "the response to a refresh has none")
				requireLifetime(t, fake, decodePair(t, stdout), 2*time.Minute)
			}
		})
	}
}

// utf16 encodes ASCII and the byte order mark, the low byte first.
func utf16(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.Write([]byte{byte(r), byte(r >> 8)})
	}
	return b.String()
}

func TestTokenForms(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	_, text, _ := invoke(t, env, "", "create", room, "--output", "text")
	require.Regexp(t, `^Client token, ends \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in (10m0s|9m5\ds)\neyJ[\w.-]+\n`+
		`Refresh token, ends .* UTC, in (1h0m0s|59m5\ds)\neyJ[\w.-]+\n$`, text)

	_, vars, _ := invoke(t, env, "", "create", room, "--output", "env")
	require.Regexp(t, `^TELNYX_CLIENT_TOKEN=eyJ[\w.-]+\nTELNYX_CLIENT_TOKEN_EXPIRES_AT=[\d:TZ-]+\n`+
		`TELNYX_REFRESH_TOKEN=eyJ[\w.-]+\nTELNYX_REFRESH_TOKEN_EXPIRES_AT=[\d:TZ-]+\n$`, vars)

	_, pair, _ := invoke(t, env, "", "create", room, "--output", "json")
	require.NotEmpty(t, decodePair(t, pair).Token)
	require.Len(t, fake.Requests(), 3)
}
