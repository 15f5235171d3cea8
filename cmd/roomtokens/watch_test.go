package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// lines checks each line as it is written, which is at once.
type lines struct {
	output
	check func(line string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.check(string(p))
	return l.output.Write(p)
}

// follow watches in virtual time, with a fake in memory, tokens of 13 s and the key on standard input, until d is over.
// It returns what the command has written.
func follow(
	t *testing.T, w *watch, fake *roomtokenstest.Server, env environ, d time.Duration, check func(line string),
) (tokens []string, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	stdout, errs := &lines{check: check}, &output{}
	w.program = &program{
		env: env.get, stdin: strings.NewReader(fake.APIKey()), stdout: stdout, stderr: errs,
		transport: fake.HTTPClient().Transport,
	}
	w.timeout, w.format = defaultTimeout, formatJSON
	w.params = api.CreateRoomClientTokenRequest{TokenTTLSecs: 13, RefreshTokenTTLSecs: 60}
	source, err := w.source([]string{room})
	require.NoError(t, err)
	err = w.follow(ctx, source)
	return strings.Fields(stdout.String()), errs.String(), err
}

func TestWatchGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		down := roomtokenstest.Fault{Name: "down", Status: 503, Lasts: 2 * time.Minute}
		const failure = `level=WARN msg="there is no valid token" error="CreateRoomClientToken: 503 Service Unavailable`
		seen := map[string]bool{}
		env := environ{"TELNYX_API_KEY": fake.APIKey()}
		tokens, stderr, err := follow(t, &watch{}, fake, env, 4*time.Minute, func(line string) {
			_, err := fake.Verify(decodePair(t, line).Token)
			require.NoError(t, err, "a token is valid when it is written")
			require.False(t, seen[line], "and another one each time")
			seen[line] = true
			if len(seen) == 2 {
				fake.Inject(down)
			}
		})
		require.NoError(t, err)
		require.Contains(t, stderr, failure)
		require.Less(t, strings.Count(stderr, failure), 20, "a line for each failure")
		require.Greater(t, len(tokens), 5, "with lifetimes of 13 seconds")
	})
}

// TestWatchTakesUpARotatedKey has a new key arrive four minutes after the old one was withdrawn.
func TestWatchTakesUpARotatedKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake, began := roomtokenstest.NewServer(roomtokenstest.WithTB(t)), time.Now()
		file := writeFile(t, fake.APIKey())
		set := func(key string) { _ = os.WriteFile(file, []byte(key), 0o600) } // what is reported shows whether it was set
		time.AfterFunc(2*time.Minute, func() { _ = os.Remove(file) })
		time.AfterFunc(3*time.Minute, func() { set("half a key") })
		time.AfterFunc(4*time.Minute, func() { set(fake.APIKey()) })
		var last time.Duration
		env := environ{"TELNYX_API_KEY_FILE": file}
		_, stderr, err := follow(t, &watch{}, fake, env, 5*time.Minute, func(string) {
			if last = time.Since(began); last == 0 {
				set("KEYwithdrawn")
			}
		})
		require.NoError(t, err)
		require.Greater(t, last, 4*time.Minute)
		require.Contains(t, stderr, "401 Unauthorized: 10009")
		require.Contains(t, stderr, "TELNYX_API_KEY_FILE: open ")
		require.Contains(t, stderr, "API key holds white space")
		require.NotContains(t, stderr, "half a key")
	})
}

func TestWatchKeepsAKeyOfStandardInput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		creates := 0
		_, stderr, err := follow(t, &watch{}, fake, environ{"TELNYX_API_KEY_FILE": "-"}, 3*time.Minute, func(string) {})
		require.NoError(t, err)
		require.Empty(t, stderr)
		for _, r := range fake.Requests() {
			if r.Operation == api.OperationCreateRoomClientToken {
				creates++
			}
		}
		require.Greater(t, creates, 1, "the refresh token lives for a minute")
	})
}

func TestWatchEnds(t *testing.T) {
	t.Parallel()
	type faults []roomtokenstest.Fault
	noExpiry := roomtokenstest.Fault{
		Name: "no expiry", Status: 201, Body: `{"data":{"token":"a.b.c"}}`,
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	refusal := func(status int) faults { return faults{{Status: status, Lasts: time.Hour}} }
	for name, row := range map[string]struct {
		first, later faults
		tokens, code int
		advice       string
	}{
		"network at first":  {faults{{Reset: true, Lasts: time.Hour}}, nil, 0, exitNetwork, "No complete response"},
		"refusal at first":  {refusal(403), nil, 0, exitRefused, "This 403 has none of Telnyx's codes"},
		"response at first": {faults{noExpiry}, nil, 0, exitRefused, "Something other than the Telnyx API"},
		"401 later":         {nil, refusal(401), 1, exitRefused, "The API key is not known"},
		"403 later":         {nil, refusal(403), 1, exitRefused, "This 403 has none of Telnyx's codes"},
		"404 later":         {nil, refusal(404), 1, exitRefused, "There is no such room"},
		"422 later":         {nil, refusal(422), 1, exitRefused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
				fake.Inject(row.first...)
				env := environ{"TELNYX_API_KEY": fake.APIKey()}
				inject := func(string) { fake.Inject(row.later...) }
				tokens, stderr, err := follow(t, &watch{}, fake, env, time.Hour, inject)
				require.Error(t, err)
				require.Equal(t, row.code, exitCode(err))
				require.Contains(t, advice(err, row.code), row.advice)
				require.Len(t, tokens, row.tokens)
				require.NotContains(t, stderr, "there is no valid token", "the failure is the command's error, and reported once")
			})
		})
	}
}

// TestWatchStartsFromAPair needs no key, and ends with the refresh token.
func TestWatchStartsFromAPair(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{"json": "%s", "response": `{"data": %s}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake, began := roomtokenstest.NewServer(roomtokenstest.WithTB(t)), time.Now()
				pair, err := fake.Client().CreateRoomClientToken(t.Context(), uuid.MustParse(room),
					api.CreateRoomClientTokenRequest{TokenTTLSecs: 13, RefreshTokenTTLSecs: 60})
				require.NoError(t, err)
				stdin, err := json.Marshal(pair)
				require.NoError(t, err)
				w := &watch{pairFile: writeFile(t, fmt.Sprintf(form, stdin))}
				tokens, _, err := follow(t, w, fake, nil, time.Hour, func(string) {})
				require.ErrorContains(t, err, "the refresh token has expired, and there is no API key")
				require.Equal(t, exitUsage, exitCode(err))
				require.InDelta(t, 60, time.Since(began).Seconds(), 14)
				require.Equal(t, pair.Token, decodePair(t, tokens[0]).Token, "the pair serves until it is to be refreshed")
				require.Greater(t, len(tokens), 4)
				for _, line := range tokens {
					require.Equal(t, pair.RefreshToken, decodePair(t, line).RefreshToken)
				}
			})
		})
	}
}
