package main

import (
	"encoding/json"
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

func TestKeyFile(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	delete(env, "TELNYX_API_KEY")
	for _, file := range []string{writeFile(t, fake.APIKey()), "-"} {
		env["TELNYX_API_KEY_FILE"] = file
		code, _, stderr := invoke(t, env, fake.APIKey()+"\n", "create", room)
		require.Equal(t, exitOK, code, stderr)
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
	fake, env := listen(t)
	_, pair, _ := invoke(t, env, "", "create", room)
	delete(env, "TELNYX_API_KEY")
	for name, input := range map[string]string{
		"token": string(decodePair(t, pair).RefreshToken), "pair": pair, "response of the API": `{"data": ` + pair + `}`,
	} {
		for _, row := range []struct{ stdin, flag string }{
			{input, ""}, {input, " --refresh-token-file -"}, {"", " --refresh-token-file " + writeFile(t, input)},
		} {
			t.Run(name+row.flag, func(t *testing.T) {
				t.Parallel()
				code, stdout, stderr := invoke(t, env, row.stdin, words("refresh ROOM --token-ttl 2m"+row.flag)...)
				require.Equal(t, exitOK, code, stderr)
				require.Empty(t, stderr)
				require.NotContains(t, stdout, "refresh_token", "the response to a refresh has none")
				requireLifetime(t, fake, decodePair(t, stdout), 2*time.Minute)
			})
		}
	}
}

// TestInputForms reads what editors and shells write, on Windows too: its PowerShell 5 redirects in UTF-16.
func TestInputForms(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"bare": "text", "newline": "text\n", "carriage return": "text\r\n", "blank lines": "\n\ntext\n\n",
		"byte order mark": "\ufefftext", "UTF-16": utf16("\ufefftext\r\n"),
		"UTF-16, high byte first": "\xfe\xff\x00t\x00e\x00x\x00t",
	} {
		p := &program{stdin: strings.NewReader(text)}
		for _, file := range []string{writeFile(t, text), stdinName} {
			got, err := p.readInput("", file)
			require.NoError(t, err, name)
			require.Equal(t, "text", got, name)
		}
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
