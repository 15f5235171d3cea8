package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
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

// follow watches, in virtual time, and returns what the command has written.
func follow(
	t *testing.T, client *roomtokens.Client, d time.Duration, check func(line string), opts ...roomtokens.SourceOption,
) (tokens []string, stderr string, err error) {
	t.Helper()
	params := api.CreateRoomClientTokenRequest{TokenTTLSecs: 13, RefreshTokenTTLSecs: 60}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	stdout, errs := &lines{check: check}, &output{}
	w := &watch{call: call{program: &program{stdout: stdout, stderr: errs}, format: formatJSON}}
	source, err := client.TokenSource(uuid.MustParse(room), params, opts...)
	require.NoError(t, err)
	err = w.follow(ctx, source)
	return strings.Fields(stdout.String()), errs.String(), err
}

func TestWatchGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		down := roomtokenstest.Fault{Name: "down", Status: 503, Lasts: 30 * time.Second}
		const failure = `level=WARN msg="there is no valid token" error="CreateRoomClientToken: 503 Service Unavailable`
		seen := map[string]bool{}
		tokens, stderr, err := follow(t, server.Client(), 2*time.Minute, func(line string) {
			_, err := server.Verify(decodePair(t, line).Token)
			require.NoError(t, err, "a token is valid when it is written")
			require.False(t, seen[line], "and another one each time")
			seen[line] = true
			if len(seen) == 2 {
				server.Inject(down)
			}
		})
		require.NoError(t, err)
		require.Contains(t, stderr, failure)
		require.Less(t, strings.Count(stderr, "\n"), 20, "a line for each failure")
		require.Greater(t, len(tokens), 5, "with lifetimes of 13 seconds")
	})
}

func TestWatchEnds(t *testing.T) {
	t.Parallel()
	type faults []roomtokenstest.Fault
	noExpiry := roomtokenstest.Fault{
		Name: "no expiry", Status: 201, Body: `{"data":{"token":"a.b.c"}}`,
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	withdrawn := roomtokenstest.Fault{Name: "withdrawn", Status: 401, Lasts: time.Hour}
	for name, row := range map[string]struct {
		first, later faults
		tokens, code int
		advice       string
	}{
		"network at first":  {faults{{Reset: true, Times: 3}}, nil, 0, exitNetwork, "No complete response"},
		"refusal at first":  {faults{named(t, "refusal 10010", 1)}, nil, 0, exitRefused, "the API key is known"},
		"response at first": {faults{noExpiry}, nil, 0, exitRefused, "Something other than the Telnyx API"},
		"refusal later":     {nil, faults{withdrawn}, 1, exitRefused, "The API key is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
				server.Inject(row.first...)
				tokens, stderr, err := follow(t, server.Client(), time.Hour, func(string) { server.Inject(row.later...) })
				require.Error(t, err)
				require.Equal(t, row.code, exitCode(err))
				require.Contains(t, advice(err, row.code), row.advice)
				require.Len(t, tokens, row.tokens)
				require.Empty(t, stderr, "the failure is the command's error, and reported once")
			})
		})
	}
}

func TestWatchStartsFromAPair(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]func(pair string) string{
		"json":     func(pair string) string { return pair },
		"response": func(pair string) string { return `{"data": ` + pair + `}` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t)
			_, stdin, _ := invoke(t, env, "", "create", room)
			pair := decodePair(t, stdin)
			stdin = strings.Replace(stdin, pair.TokenExpiresAt.Format(time.RFC3339),
				time.Now().Add(2*time.Second).UTC().Format(time.RFC3339), 1)
			delete(env, "TELNYX_API_KEY")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var written []roomtokens.ClientToken
			stdout := &lines{check: func(line string) {
				if written = append(written, decodePair(t, line)); len(written) == 2 {
					cancel()
				}
			}}
			var stderr output
			args := []string{"watch", room, "--pair", "-"}
			code := run(ctx, args, env.get, strings.NewReader(form(stdin)), stdout, &stderr)
			require.Equal(t, exitOK, code, stderr.String())
			require.Equal(t, pair.Token, written[0].Token, "the pair serves until it is to be refreshed")
			require.NotEqual(t, written[0].Token, written[1].Token)
			require.Equal(t, written[0].RefreshToken, written[1].RefreshToken)
			require.Len(t, fake.Requests(), 2, "a create and a refresh, which needs no key")
		})
	}
}

func TestWatchWithoutAKeyEndsWithTheRefreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		pair, err := server.Client().CreateRoomClientToken(t.Context(), uuid.MustParse(room),
			api.CreateRoomClientTokenRequest{TokenTTLSecs: 10, RefreshTokenTTLSecs: 60})
		require.NoError(t, err)
		client, err := roomtokens.New("", roomtokens.WithoutAPIKey(), roomtokens.WithHTTPClient(server.HTTPClient()))
		require.NoError(t, err)
		began := time.Now()
		tokens, _, err := follow(t, client, time.Hour, func(string) {}, roomtokens.WithInitialToken(pair))
		require.ErrorContains(t, err, "the refresh token has expired, and there is no API key")
		require.Equal(t, exitUsage, exitCode(err))
		require.Greater(t, len(tokens), 5)
		require.InDelta(t, 60, time.Since(began).Seconds(), 11)
	})
}
