package main

import (
	"bufio"
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

// lines checks each line as it is written.
type lines struct {
	output
	check func(line string)
}

func (l *lines) Write(p []byte) (int, error) {
	scanner := bufio.NewScanner(strings.NewReader(string(p)))
	for scanner.Scan() {
		l.check(scanner.Text())
	}
	return l.output.Write(p)
}

// follow watches, in virtual time, and returns what the command has written.
func follow(
	t *testing.T, server *roomtokenstest.Server, d time.Duration, check func(line string),
) (tokens []string, stderr string, err error) {
	t.Helper()
	params := api.CreateRoomClientTokenRequest{TokenTTLSecs: 13, RefreshTokenTTLSecs: 60}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	stdout, errs := &lines{check: check}, &output{}
	w := &watch{program: &program{stdout: stdout, stderr: errs}, format: formatJSON, params: params}
	source, err := server.Client().TokenSource(uuid.MustParse(room), params, roomtokens.WithFetchObserver(w.report))
	require.NoError(t, err)
	err = w.follow(ctx, source)
	return strings.Fields(stdout.String()), errs.String(), err
}

func TestWatchWritesEachTokenAsTheLastOneEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		seen, ends := map[string]bool{}, time.Now()
		tokens, stderr, err := follow(t, server, 2*time.Minute, func(line string) {
			token := decodePair(t, line)
			claims, err := server.Verify(token.Token)
			require.NoError(t, err, "a token is valid when it is written")
			require.Less(t, time.Until(claims.IssuedAt), time.Second, "and new")
			require.NotEmpty(t, token.RefreshToken)
			require.LessOrEqual(t, time.Since(ends), time.Duration(0), "and there before the last one ends")
			require.False(t, seen[line], "and another one each time")
			seen[line], ends = true, token.TokenExpiresAt
		})
		require.NoError(t, err)
		require.Empty(t, stderr)
		require.InDelta(t, 10, len(tokens), 2, "in two minutes, with tokens of 13 seconds")
	})
}

func TestWatchGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
		down := roomtokenstest.Fault{Name: "down", Status: 503, Lasts: 30 * time.Second}
		const refresh = `(?m)^roomtokens: RefreshRoomClientToken: 503 Service Unavailable.*; next try in \d.*s$`
		const create = `(?m)^roomtokens: CreateRoomClientToken: 503 Service Unavailable.*; next try in \d.*s$`
		count := 0
		tokens, stderr, err := follow(t, server, 2*time.Minute, func(string) {
			if count++; count == 1 {
				server.Inject(down)
			}
		})
		require.NoError(t, err)
		require.Regexp(t, refresh, stderr)
		require.Regexp(t, create, stderr)
		require.Less(t, strings.Count(stderr, "\n"), 20, "a line for each failure")
		require.Greater(t, len(tokens), 5)
	})
}

func TestWatchEnds(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		first, later []roomtokenstest.Fault
		tokens, code int
	}{
		"network at first": {first: []roomtokenstest.Fault{{Reset: true, Times: 3}}, code: exitNetwork},
		"refusal at first": {first: []roomtokenstest.Fault{{Status: 403, Body: `{"code":"10010"}`}}, code: exitRefused},
		"refusal later": {
			later:  []roomtokenstest.Fault{{Name: "withdrawn", Status: http.StatusUnauthorized, Lasts: time.Hour}},
			tokens: 1, code: exitRefused,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
				server.Inject(row.first...)
				tokens, stderr, err := follow(t, server, time.Hour, func(string) { server.Inject(row.later...) })
				require.Error(t, err)
				require.Equal(t, row.code, exitCode(t.Context(), err))
				require.Len(t, tokens, row.tokens)
				require.Equal(t, row.tokens == 0, stderr == "", "the first failure is the command's error")
			})
		})
	}
}
