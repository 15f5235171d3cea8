package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const room = "7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4"

// output is a buffer that a command may write to while a test reads it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// environ is what a command sees of the environment.
type environ map[string]string

func (e environ) get(name string) string { return e[name] }

// invoke runs the program in this process.
func invoke(t *testing.T, env environ, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return invokeContext(t.Context(), env, stdin, args...)
}

func invokeContext(ctx context.Context, env environ, stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs output
	code = run(ctx, args, env.get, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// listen serves the fake on loopback, and returns an environment that leads there.
func listen(t *testing.T, faults ...roomtokenstest.Fault) (*roomtokenstest.Server, environ) {
	t.Helper()
	fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	fake.Inject(faults...)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return fake, environ{"TELNYX_API_KEY": fake.APIKey(), "TELNYX_BASE_URL": server.URL + "/v2"}
}

// writeFile returns the name of a new file.
func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	withKey := environ{"TELNYX_API_KEY": "KEY1"}
	for name, row := range map[string]struct {
		env    environ
		stdin  string
		args   []string
		stderr string
	}{
		"no command":            {args: nil, stderr: "roomtokens: a command is missing"},
		"unknown command":       {args: []string{"destroy"}, stderr: "there is no such command; see: roomtokens help"},
		"unknown help":          {args: []string{"help", "destroy"}, stderr: "there is no such command"},
		"unknown flag":          {args: []string{"create", "-color", room}, stderr: "create: flag provided but not defined: -color; see: roomtokens help create"},
		"no room":               {env: withKey, args: []string{"create"}, stderr: "ROOM_ID is missing"},
		"room is no UUID":       {env: withKey, args: []string{"create", "lobby"}, stderr: "the room's id is not a UUID"},
		"nil room":              {env: withKey, args: []string{"create", "00000000-0000-0000-0000-000000000000"}, stderr: "room_id is the nil UUID"},
		"watch without room":    {env: withKey, args: []string{"watch", "lobby"}, stderr: "not a UUID"},
		"refresh without room":  {args: []string{"refresh", "lobby"}, stderr: "not a UUID"},
		"argument for version":  {args: []string{"version", "1"}, stderr: "1 too many arguments"},
		"no key":                {args: []string{"create", room}, stderr: "set TELNYX_API_KEY to one, or TELNYX_API_KEY_FILE to the name of a file"},
		"watch without key":     {args: []string{"watch", room}, stderr: "set TELNYX_API_KEY"},
		"key from two places":   {env: environ{"TELNYX_API_KEY": "KEY1", "TELNYX_API_KEY_FILE": "f"}, args: []string{"create", room}, stderr: "unset one"},
		"key file missing":      {env: environ{"TELNYX_API_KEY_FILE": "no/such/file"}, args: []string{"create", room}, stderr: "the file that TELNYX_API_KEY_FILE names cannot be read"},
		"mock, key file":        {env: environ{"TELNYX_API_KEY_FILE": "no/such/file"}, args: []string{"mock"}, stderr: "cannot be read"},
		"demo, key file":        {env: environ{"TELNYX_API_KEY_FILE": "no/such/file"}, args: []string{"demo"}, stderr: "cannot be read"},
		"demo, key but no room": {env: withKey, args: []string{"demo"}, stderr: "set TELNYX_ROOM_ID to a room's id, or unset TELNYX_API_KEY"},
		"demo, no room's id":    {env: environ{"TELNYX_API_KEY": "KEY1", "TELNYX_ROOM_ID": "x"}, args: []string{"demo"}, stderr: "not a UUID"},
		"demo, base URL":        {env: environ{"TELNYX_API_KEY": "KEY1", "TELNYX_ROOM_ID": room}, args: []string{"demo", "-base-url", "x"}, stderr: "base URL"},
		"key with a space":      {env: environ{"TELNYX_API_KEY": "KEY 1"}, args: []string{"create", room}, stderr: "API key holds white space"},
		"base URL":              {env: withKey, args: []string{"create", room, "-base-url", "http://example.com"}, stderr: "plain http, which is allowed to a loopback address only"},
		"watch, base URL":       {env: withKey, args: []string{"watch", room, "-base-url", "x"}, stderr: "base URL"},
		"refresh, base URL":     {args: []string{"refresh", room, "-base-url", "x"}, stderr: "base URL"},
		"TTL too short":         {args: []string{"create", room, "-token-ttl", "9s"}, stderr: `"9s" for flag -token-ttl: must be 10s to 1h`},
		"TTL too long":          {args: []string{"refresh", room, "-token-ttl", "61m"}, stderr: "must be 10s to 1h"},
		"refresh TTL too short": {args: []string{"create", room, "-refresh-token-ttl=59s"}, stderr: "must be 1m to 24h"},
		"refresh TTL too long":  {args: []string{"watch", room, "-refresh-token-ttl=25h"}, stderr: "must be 1m to 24h"},
		"TTL of half a second":  {args: []string{"create", room, "-token-ttl", "10.5s"}, stderr: "must be whole seconds"},
		"TTL without unit":      {args: []string{"create", room, "-token-ttl", "600"}, stderr: "must be a duration such as 90s, 10m or 1h"},
		"output":                {args: []string{"create", room, "-output", "yaml"}, stderr: "must be json, text or env"},
		"empty standard input":  {args: []string{"refresh", room}, stderr: "the refresh token is missing: give it on standard input"},
		"JSON without a token":  {stdin: "{}", args: []string{"refresh", room}, stderr: "the refresh token is missing"},
		"half of a JSON":        {stdin: `{"refresh_token":`, args: []string{"refresh", room}, stderr: "is not valid JSON"},
		"token file missing":    {args: []string{"refresh", room, "-refresh-token-file", "no/such/file"}, stderr: "the file that -refresh-token-file names cannot be read"},
		"fault file missing":    {args: []string{"mock", "-faults", "no/such/file"}, stderr: "-faults: open no/such/file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, row.env, row.stdin, row.args...)
			require.Equal(t, exitWrongUse, code, stderr)
			require.Contains(t, stderr, row.stderr)
			require.Empty(t, stdout)
		})
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"bare": "", "newline": "\n", "carriage return": "\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, env := listen(t)
			delete(env, "TELNYX_API_KEY")
			env["TELNYX_API_KEY_FILE"] = writeFile(t, fake.APIKey()+end)
			code, _, stderr := invoke(t, env, "", "create", room)
			require.Equal(t, exitDone, code, stderr)
		})
	}
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		code, _, stderr := invoke(t, environ{"TELNYX_API_KEY_FILE": writeFile(t, "\n")}, "", "create", room)
		require.Equal(t, exitWrongUse, code)
		require.Contains(t, stderr, "the file that TELNYX_API_KEY_FILE names is empty")
	})
}

func TestHelp(t *testing.T) {
	t.Parallel()
	code, overview, stderr := invoke(t, nil, "", "help")
	require.Equal(t, exitDone, code)
	require.Empty(t, stderr)
	for _, c := range commands() {
		require.Contains(t, overview, "  "+c.name+" ")
		for _, args := range [][]string{{"help", c.name}, {c.name, "-h"}, {c.name, "--help"}} {
			code, text, stderr := invoke(t, nil, "", args...)
			require.Equal(t, exitDone, code, args)
			require.Empty(t, stderr, args)
			require.Contains(t, text, "Usage: roomtokens "+c.name, args)
			require.Contains(t, text, "Example:\n  ", args)
		}
	}
	for _, flag := range []string{"-h", "-help", "--help"} {
		code, text, _ := invoke(t, nil, "", flag)
		require.Equal(t, exitDone, code)
		require.Equal(t, overview, text)
	}
}

func TestHelpNamesEveryReadyMadeFault(t *testing.T) {
	t.Parallel()
	_, text, _ := invoke(t, nil, "", "help", "mock")
	for _, f := range roomtokenstest.ReadyMade() {
		require.Contains(t, text, " "+f.Name)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"version", "-version", "--version"} {
		code, stdout, stderr := invoke(t, nil, "", arg)
		require.Equal(t, exitDone, code, stderr)
		require.Regexp(t, `^roomtokens .*go1\.\d+.* \w+/\w+\n$`, stdout)
	}
}

// full is a device that has no room left.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrInvalid }

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	_, env := listen(t)
	for _, args := range [][]string{
		{"help"}, {"help", "create"}, {"version"}, {"create", room}, {"watch", room}, {"mock", "-addr", "127.0.0.1:0"},
	} {
		var stderr output
		code := run(t.Context(), args, env.get, strings.NewReader(""), full{}, &stderr)
		require.Equal(t, exitWrongUse, code, args)
		require.Contains(t, stderr.String(), "the result cannot be written", args)
	}
}
