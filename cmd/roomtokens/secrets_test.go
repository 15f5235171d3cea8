package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// Secrets of real form and length.
const (
	keyLike = "KEY0123456789ABCDEF0123456789ABCDEF_abcdefghijklmnopqrstuv"
	jwtLike = "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiSldUIn0.eyJleHAiOjE3OTU1MTE5NzIsInR5cCI6InJlZnJlc2gifQ." +
		"c2lnbmF0dXJl-Y3VycmVudGx5_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OQ"
)

// A secret that is given in the wrong place is refused and not repeated, neither whole nor in part.
func TestMisplacedSecretIsNotRepeated(t *testing.T) {
	t.Parallel()
	require.Len(t, keyLike, 58)
	for name, row := range map[string]struct {
		env  environ
		line string
	}{
		"as command":           {line: "SECRET"},
		"as second command":    {line: "creat SECRET"},
		"as room":              {line: "refresh SECRET"},
		"after the room":       {line: "refresh ROOM SECRET"},
		"after demo":           {line: "demo SECRET"},
		"after mock":           {line: "mock SECRET"},
		"after a shell":        {line: "completion bash SECRET"},
		"as unknown flag":      {line: "refresh ROOM --refresh-token SECRET"},
		"as name of a flag":    {line: "refresh ROOM --SECRET"},
		"before a value":       {line: "refresh ROOM --SECRET=x"},
		"without a name":       {line: "refresh ROOM --=SECRET"},
		"as short flags":       {line: "refresh ROOM -SECRET"},
		"after short flags":    {line: "refresh ROOM -vSECRET"},
		"as value":             {line: "create ROOM -o SECRET"},
		"as joined value":      {line: "create ROOM -oSECRET"},
		"as duration":          {line: "create ROOM --timeout SECRET"},
		"as lifetime":          {line: "create ROOM --token-ttl SECRET"},
		"as switch":            {line: "create ROOM --quiet=SECRET"},
		"in an unknown flag":   {line: "create ROOM --api-key=SECRET"},
		"before the command":   {line: "--api-key=SECRET create ROOM"},
		"as address":           {line: "mock --addr SECRET"},
		"as host":              {line: "mock --addr SECRET:x"},
		"as room of the mock":  {line: "mock --room SECRET"},
		"as rate limit":        {line: "mock --rate-limit SECRET"},
		"as fault script":      {line: "mock --faults SECRET"},
		"as token file":        {line: "refresh ROOM --refresh-token-file SECRET"},
		"as key file":          {env: environ{"TELNYX_API_KEY_FILE": "SECRET"}, line: "create ROOM"},
		"as TELNYX_ROOM_ID":    {env: environ{"TELNYX_ROOM_ID": "SECRET"}, line: "create"},
		"as base URL":          {line: "refresh ROOM --base-url SECRET"},
		"in the base URL":      {line: "refresh ROOM --base-url https://user:SECRET@example.com"},
		"in the base URL, too": {line: "refresh ROOM --base-url https://example.com?key=SECRET"},
		"in the proxy":         {env: environ{"HTTPS_PROXY": "http://user:SECRET@proxy:port"}, line: "refresh ROOM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range []string{keyLike, jwtLike} {
				env := environ{}
				for name, value := range row.env {
					env[name] = strings.ReplaceAll(value, "SECRET", secret)
				}
				code, stdout, stderr := invoke(t, env, "", words(strings.ReplaceAll(row.line, "SECRET", secret))...)
				require.Equal(t, exitUsage, code, stderr)
				requireNoPart(t, stdout+stderr, secret)
			}
		})
	}
}

// TestHelpDoesNotRepeatASecret looks at what cobra's help and completion say of arguments that they do not know.
func TestHelpDoesNotRepeatASecret(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"help SECRET", "help create SECRET", "__complete SECRET ", "__complete create SECRET ",
		"__complete create --SECRET ", "__complete create --timeout SECRET ",
	} {
		for _, secret := range []string{keyLike, jwtLike} {
			_, stdout, stderr := runProcess(t, nil, words(strings.ReplaceAll(line, "SECRET", secret))...)
			requireNoPart(t, stdout+stderr, secret)
		}
	}
}

// requireNoPart looks for any twelve characters of the secret.
func requireNoPart(t *testing.T, text, secret string) {
	t.Helper()
	for i := range len(secret) - 12 {
		require.NotContains(t, text, secret[i:i+12])
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const path = "/v2/rooms/" + room + "/actions/generate_join_client_token"
	for text, want := range map[string]string{
		"request_id=" + room:            "request_id=" + room,
		path:                            path,
		"/rooms/" + keyLike + "/x":      "/rooms/[REDACTED]/x",
		jwtLike + " and " + keyLike:     "[REDACTED] and [REDACTED]",
		strings.Repeat("x", 39):         strings.Repeat("x", 39),
		strings.Repeat("x", 40):         redacted,
		strings.Repeat("%65%79", 7):     redacted,
		`unknown flag: --` + keyLike:    "unknown flag: [REDACTED]",
		`--token-ttl "` + jwtLike + `"`: `--token-ttl "[REDACTED]"`,
	} {
		require.Equal(t, want, redact(text))
	}
}

// Each flag is on this list of flags that take no secret.
func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	known := strings.Fields(
		`base-url insecure-http timeout output token-ttl refresh-token-ttl refresh-token-file pair addr faults room rate-limit
		allow-host allow-origin quiet verbose help`,
	)
	for _, cmd := range newRootCommand(&program{}).Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { require.Contains(t, known, f.Name) })
	}
}

func TestLogOfTheClient(t *testing.T) {
	t.Parallel()
	const retry = `time=\S+ level=WARN msg="roomtokens: retry" operation=CreateRoomClientToken attempt=1 status=503 .*\n`
	for line, want := range map[string]string{
		"create ROOM":    "^" + retry + "$",
		"create ROOM -q": "^$",
		"create ROOM -v": `^time=\S+ level=DEBUG .*\n` + retry + `time=\S+ level=DEBUG .* attempt=2 status=201 .*\n$`,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t, named(t, "empty body"))
			code, stdout, stderr := invoke(t, env, "", words(line)...)
			require.Equal(t, exitOK, code)
			require.Regexp(t, want, stderr)
			require.NotContains(t, stderr, fake.APIKey())
			require.NotContains(t, stderr, string(decodePair(t, stdout).Token))
		})
	}
}
