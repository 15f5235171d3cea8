package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// binary is the program as a user has it.
type binary string

func build(t *testing.T) binary {
	t.Helper()
	name := filepath.Join(t.TempDir(), "roomtokens")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", name, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary(name)
}

// command is a process that sees nothing of this one's environment but what Windows cannot do without.
func (b binary) command(t *testing.T, env environ, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(b), args...)
	cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func (b binary) run(t *testing.T, env environ, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := b.command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err := cmd.Run()
	exit, isExit := errors.AsType[*exec.ExitError](err)
	if err != nil && !isExit {
		require.NoError(t, err)
	}
	if isExit {
		return exit.ExitCode(), out.String(), errs.String()
	}
	return 0, out.String(), errs.String()
}

func TestBinary(t *testing.T) {
	t.Parallel()
	program := build(t)
	fake, env := listen(t)
	pair, err := json.Marshal(createPair(t, fake))
	require.NoError(t, err)
	refreshToken := string(decodePair(t, string(pair)).RefreshToken)
	keyless := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"]}
	stranger := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"], "TELNYX_API_KEY": "KEY-of-nobody"}
	inFile := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"], "TELNYX_API_KEY_FILE": writeFile(t, fake.APIKey()+"\n")}
	nowhere := environ{"TELNYX_BASE_URL": closedPort(t), "TELNYX_API_KEY": fake.APIKey(), "TELNYX_ROOM_ID": room}
	demo := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"], "TELNYX_API_KEY": fake.APIKey(), "TELNYX_ROOM_ID": room}

	for name, row := range map[string]struct {
		env    environ
		stdin  string
		args   []string
		code   int
		stdout string // what it begins with
		stderr string // what it holds; where that is empty, nothing
	}{
		"create":                 {env: env, args: []string{"create", room}, stdout: `{"`},
		"create, text":           {env: env, args: []string{"create", room, "-output", "text"}, stdout: "Client token, ends "},
		"create, env":            {env: env, args: []string{"create", room, "-output", "env"}, stdout: "TELNYX_CLIENT_TOKEN=eyJ"},
		"create, key in a file":  {env: inFile, args: []string{"create", room}, stdout: `{"`},
		"create, refused":        {env: stranger, args: []string{"create", room}, code: 1, stderr: "The API key is not known"},
		"create, wrong use":      {env: env, args: []string{"create"}, code: 2, stderr: "ROOM_ID is missing"},
		"create, no key":         {env: keyless, args: []string{"create", room}, code: 2, stderr: "there is no API key"},
		"create, bound":          {env: env, args: []string{"create", room, "-token-ttl", "2h"}, code: 2, stderr: "must be 10s to 1h"},
		"create, no network":     {env: nowhere, args: []string{"create", room}, code: 3, stderr: "No answer came"},
		"refresh":                {env: keyless, stdin: refreshToken + "\n", args: []string{"refresh", room}, stdout: `{"token":"eyJ`},
		"refresh, pair":          {env: keyless, stdin: string(pair), args: []string{"refresh", room}, stdout: `{"token":"eyJ`},
		"refresh, file":          {env: keyless, args: []string{"refresh", room, "-refresh-token-file", writeFile(t, refreshToken)}, stdout: `{"token":"eyJ`},
		"refresh, refused":       {env: keyless, stdin: refreshToken + "x", args: []string{"refresh", room}, code: 1, stderr: "401 Unauthorized: 10009"},
		"refresh, other room":    {env: keyless, stdin: refreshToken, args: []string{"refresh", "11111111-2222-4333-8444-555555555555"}, code: 1, stderr: "403 Forbidden: 10010"},
		"refresh, wrong use":     {env: keyless, args: []string{"refresh", room}, code: 2, stderr: "the refresh token is missing"},
		"refresh, as argument":   {env: keyless, args: []string{"refresh", room, refreshToken}, code: 2, stderr: "keys and tokens are never arguments"},
		"refresh, no network":    {env: nowhere, stdin: refreshToken, args: []string{"refresh", room}, code: 3, stderr: "No answer came"},
		"watch, refused":         {env: stranger, args: []string{"watch", room}, code: 1, stderr: "The API key is not known"},
		"watch, wrong use":       {env: env, args: []string{"watch", room, "-token-ttl", "1h1s"}, code: 2, stderr: "must be 10s to 1h"},
		"watch, no network":      {env: nowhere, args: []string{"watch", room}, code: 3, stderr: "No answer came"},
		"mock, wrong use":        {args: []string{"mock", "-faults", writeFile(t, "[{]")}, code: 2, stderr: "-faults: "},
		"mock, no network":       {args: []string{"mock", "-addr", strings.TrimPrefix(strings.TrimSuffix(env["TELNYX_BASE_URL"], "/v2"), "http://")}, code: 3, stderr: "Choose another address"},
		"demo":                   {stdout: "TELNYX_API_KEY is not set: this runs against a fake", args: []string{"demo"}},
		"demo, against a server": {env: demo, args: []string{"demo"}, stdout: "This runs against " + env["TELNYX_BASE_URL"]},
		"demo, wrong use":        {env: env, args: []string{"demo"}, code: 2, stderr: "set TELNYX_ROOM_ID"},
		"demo, no network":       {env: nowhere, args: []string{"demo"}, code: 3, stdout: "This runs against", stderr: "No answer came"},
		"version":                {args: []string{"version"}, stdout: "roomtokens "},
		"version, wrong use":     {args: []string{"version", "x"}, code: 2, stderr: "too many arguments"},
		"help":                   {args: []string{"help"}, stdout: "Usage: roomtokens COMMAND"},
		"help for a command":     {args: []string{"help", "watch"}, stdout: "Usage: roomtokens watch ROOM_ID"},
		"help, wrong use":        {args: []string{"help", "x"}, code: 2, stderr: "there is no such command"},
		"no command":             {code: 2, stderr: "a command is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := program.run(t, row.env, strings.NewReader(row.stdin), row.args...)
			require.Equal(t, row.code, code, stderr)
			require.True(t, strings.HasPrefix(stdout, row.stdout), stdout)
			require.Contains(t, stderr, row.stderr)
			require.Equal(t, row.stderr == "", stderr == "", stderr)
			if row.code != 0 && row.stdout == "" {
				require.Empty(t, stdout)
			}
			for _, secret := range []string{fake.APIKey(), "KEY-of-nobody", "eyJ"} {
				require.NotContains(t, stderr, secret)
			}
		})
	}
	t.Run("watch until interrupted", func(t *testing.T) { t.Parallel(); program.watchUntilInterrupted(t, env) })
	t.Run("mock until interrupted", func(t *testing.T) { t.Parallel(); program.mockUntilInterrupted(t) })
	t.Run("input until interrupted", func(t *testing.T) { t.Parallel(); program.inputUntilInterrupted(t, keyless) })
	t.Run("proxy", func(t *testing.T) { t.Parallel(); program.proxy(t, env) })
}

// createPair is the answer to a create.
func createPair(t *testing.T, fake *roomtokenstest.Server) any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://api.telnyx.com/v2/rooms/"+room+"/actions/generate_join_client_token", strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+fake.APIKey())
	resp, err := fake.HTTPClient().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer struct{ Data map[string]any }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	return answer.Data
}
