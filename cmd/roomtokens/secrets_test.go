package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// A secret that is given in the wrong place is refused and not repeated.
func TestMisplacedSecretIsNotRepeated(t *testing.T) {
	t.Parallel()
	const secret = "eyJhbGciOiJFZDI1NTE5In0.eyJ0eXAiOiJyZWZyZXNoIn0.c2lnbmF0dXJl"
	for name, row := range map[string]struct {
		env  environ
		args []string
	}{
		"as command":           {args: []string{secret}},
		"as room":              {args: []string{"refresh", secret}},
		"after the room":       {args: []string{"refresh", room, secret}},
		"as topic of help":     {args: []string{"help", secret}},
		"after a topic":        {args: []string{"help", "create", secret}},
		"after a shell":        {args: []string{"completion", "bash", secret}},
		"after version":        {args: []string{"version", secret}},
		"as unknown flag":      {args: []string{"refresh", room, "--refresh-token", secret}},
		"as name of a flag":    {args: []string{"refresh", room, "--" + secret}},
		"as short flags":       {args: []string{"refresh", room, "-" + secret}},
		"as value":             {args: []string{"create", room, "-o", secret}},
		"as joined value":      {args: []string{"create", room, "-o" + secret}},
		"as duration":          {args: []string{"create", room, "--timeout", secret}},
		"as lifetime":          {args: []string{"create", room, "--token-ttl", secret}},
		"as switch":            {args: []string{"create", room, "--quiet=" + secret}},
		"in an unknown flag":   {args: []string{"create", room, "--api-key=" + secret}},
		"as address":           {args: []string{"mock", "--addr", secret}},
		"as room of the mock":  {args: []string{"mock", "--room", secret}},
		"as rate limit":        {args: []string{"mock", "--rate-limit", secret}},
		"as token file":        {args: []string{"refresh", room, "--refresh-token-file", secret}},
		"as key file":          {env: environ{"TELNYX_API_KEY_FILE": secret}, args: []string{"create", room}},
		"as room of the demo":  {env: environ{"TELNYX_ROOM_ID": secret}, args: []string{"demo", "--live"}},
		"in the base URL":      {args: []string{"refresh", room, "--base-url", "https://user:" + secret + "@example.com"}},
		"in the base URL, too": {args: []string{"refresh", room, "--base-url", "https://example.com?key=" + secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, row.env, "", row.args...)
			require.Equal(t, exitUsage, code, stderr)
			require.NotContains(t, stdout+stderr, secret)
			require.NotContains(t, stdout+stderr, "signature")
		})
	}
}

// Each flag is on this list of flags that take no secret.
func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	known := strings.Fields(
		`base-url timeout output token-ttl refresh-token-ttl refresh-token-file addr faults room rate-limit live
		quiet verbose help`,
	)
	for _, cmd := range newRootCommand(&program{}, io.Discard).Commands() {
		if cmd.Name() != "completion" {
			cmd.Flags().VisitAll(func(f *pflag.Flag) { require.Contains(t, known, f.Name) })
		}
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	const (
		attempt = `roomtokens: CreateRoomClientToken: attempt 1: 503 Service Unavailable after \d+m?s, request id [\w-]{36}\n`
		retry   = `roomtokens: CreateRoomClientToken: 503 Service Unavailable; next attempt in \d+m?s\n`
		success = `roomtokens: CreateRoomClientToken: attempt 2: 201 Created after \d+m?s, request id [\w-]{36}\n`
	)
	for flag, want := range map[string]string{
		"":   "^" + retry + "$",
		"-q": "^$",
		"-v": "^" + attempt + retry + success + "$",
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t, named(t, "empty body", 1))
			code, stdout, stderr := invoke(t, env, "", append([]string{"create", room}, strings.Fields(flag)...)...)
			require.Equal(t, exitOK, code)
			require.Regexp(t, want, stderr)
			require.NotContains(t, stderr, fake.APIKey())
			require.NotContains(t, stderr, string(decodePair(t, stdout).Token))
		})
	}
}

func TestNoticeOfARequestWithoutAResponse(t *testing.T) {
	t.Parallel()
	var stderr output
	log := slog.New(notices{&program{stderr: &stderr, verbose: true}}).With("a", 1).WithGroup("g")
	log.Warn("roomtokens: retry", "operation", "Op", "attempt", 1, "wait", 250*time.Millisecond)
	log.Warn("roomtokens: retry", "operation", "Op", "attempt", 2, "failure", "timeout", "wait", 1500*time.Millisecond)
	log.Debug("roomtokens: attempt", "operation", "Op", "attempt", 3, "duration", time.Second)
	require.Equal(t, "roomtokens: Op: no response; next attempt in 250ms\n"+
		"roomtokens: Op: no response (timeout); next attempt in 1.5s\n"+
		"roomtokens: Op: attempt 3: no response after 1s\n", stderr.String())
}
