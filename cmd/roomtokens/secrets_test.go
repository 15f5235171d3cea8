package main

import (
	"flag"
	"io"
	"strings"
	"testing"

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
		"as unknown flag":      {args: []string{"refresh", room, "-refresh-token", secret}},
		"in an unknown flag":   {args: []string{"create", room, "-api-key=" + secret}},
		"as token file":        {args: []string{"refresh", room, "-refresh-token-file", secret}},
		"as key file":          {env: environ{"TELNYX_API_KEY_FILE": secret}, args: []string{"create", room}},
		"as room of the demo":  {env: environ{"TELNYX_API_KEY": secret, "TELNYX_ROOM_ID": secret}, args: []string{"demo"}},
		"in the base URL":      {args: []string{"refresh", room, "-base-url", "https://user:" + secret + "@example.com"}},
		"in the base URL, too": {args: []string{"refresh", room, "-base-url", "https://example.com?key=" + secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, row.env, "", row.args...)
			require.Equal(t, exitWrongUse, code, stderr)
			require.NotContains(t, stdout+stderr, secret)
			require.NotContains(t, stdout+stderr, "signature")
		})
	}
}

// No flag takes a secret: each is on this list of what is none.
func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	known := strings.Fields("base-url output token-ttl refresh-token-ttl refresh-token-file addr faults")
	for _, c := range commands() {
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		c.setup(flags)
		flags.VisitAll(func(f *flag.Flag) { require.Contains(t, known, f.Name) })
	}
}

func TestRetriesAreReportedWithoutSecrets(t *testing.T) {
	t.Parallel()
	fake, env := listen(t, named(t, "empty body", 1))
	code, stdout, stderr := invoke(t, env, "", "create", room)
	require.Equal(t, exitDone, code)
	require.Regexp(t, `^time=\S+ level=WARN msg="roomtokens: retry" operation=CreateRoomClientToken attempt=1 status=503 `+
		`request_id=\S+ wait=\S+\n$`, stderr)
	require.NotContains(t, stderr, fake.APIKey())
	pair := decodePair(t, stdout)
	require.NotContains(t, stderr, string(pair.Token))
}
