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

// listen serves the fake on loopback, and returns an environment for it.
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

// words splits a command line. ROOM stands for a room.
func words(line string) []string {
	return strings.Split(strings.ReplaceAll(line, "ROOM", room), " ")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"craete":                                         "unknown command, did you mean create?",
		"help destroy":                                   "unknown command; see: roomtokens --help",
		"help create x":                                  "unknown command",
		"create --color ROOM":                            "unknown flag --color; see: roomtokens create --help",
		"mock -addr 4010":                                "unknown flag -addr, did you mean --addr?",
		"create --base-url":                              "flag --base-url needs a value",
		"create --quiet=x":                               "flag --quiet must be a bool",
		"create --=x":                                    "a flag is not well-formed",
		"create ROOM ROOM":                               "too many arguments (keys and tokens are never arguments)",
		"version 1":                                      "too many arguments",
		"completion bash 1":                              "too many arguments",
		"demo lobby":                                     "not a UUID",
		"demo --base-url x":                              "flag --base-url needs --live",
		"demo --live ROOM":                               "there is no API key",
		"create ROOM":                                    "set TELNYX_API_KEY to one, or TELNYX_API_KEY_FILE",
		"create ROOM --token-ttl 9s":                     "flag --token-ttl must be 10s to 1h",
		"refresh ROOM --token-ttl 61m":                   "must be 10s to 1h",
		"create ROOM --refresh-token-ttl=59s":            "must be 1m to 24h",
		"watch ROOM --refresh-token-ttl=25h":             "must be 1m to 24h",
		"create ROOM --token-ttl 10.5s":                  "must be whole seconds",
		"create ROOM --token-ttl 600":                    "must be a duration such as 90s, 10m or 1h",
		"create ROOM --timeout 0s":                       "flag --timeout must be a positive duration",
		"create ROOM --timeout 5":                        "flag --timeout must be a positive duration",
		"create ROOM -o yaml":                            "flag --output must be json, text or env",
		"mock --addr 4010":                               "flag --addr must be host:port, such as 127.0.0.1:4010",
		"mock --addr :65536":                             "flag --addr must be host:port",
		"mock --room lobby":                              "flag --room must be a UUID",
		"mock --rate-limit 0/1s":                         "flag --rate-limit must be a number of requests and a time",
		"mock --rate-limit 100":                          "flag --rate-limit must be a number of requests and a time",
		"refresh ROOM":                                   "the refresh token is missing: give it on standard input",
		"refresh ROOM --refresh-token-file no/such/file": "--refresh-token-file names cannot be read",
		"mock --faults no/such/file":                     "--faults: open no/such/file",
		"mock --faults main.go":                          "--faults: main.go: faults are not JSON",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			requireUsage(t, nil, "", line, want)
		})
	}
	code, _, stderr := invoke(t, nil, "")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "roomtokens: a command is missing")
}

func requireUsage(t *testing.T, env environ, stdin, line, want string) {
	t.Helper()
	code, stdout, stderr := invoke(t, env, stdin, words(line)...)
	require.Equal(t, exitUsage, code, stderr)
	require.Contains(t, stderr, want)
	require.Empty(t, stdout)
}

func TestUsageOfTheEnvironment(t *testing.T) {
	t.Parallel()
	withKey := environ{"TELNYX_API_KEY": "KEY1"}
	inFile := environ{"TELNYX_API_KEY_FILE": "no/such/file"}
	twoKeys := environ{"TELNYX_API_KEY": "KEY1", "TELNYX_API_KEY_FILE": "f"}
	for name, row := range map[string]struct {
		env        environ
		line, want string
	}{
		"no room":          {withKey, "create", "there is no room: give its id as ROOM_ID, or set TELNYX_ROOM_ID"},
		"empty room":       {withKey, "create ", "the room's id is not a UUID"},
		"room is no UUID":  {withKey, "watch lobby", "the room's id is not a UUID"},
		"nil room":         {withKey, "create 00000000-0000-0000-0000-000000000000", "room_id is the nil UUID"},
		"two keys":         {twoKeys, "create ROOM", "unset one"},
		"key file":         {inFile, "watch ROOM", "the file that TELNYX_API_KEY_FILE names cannot be read"},
		"mock, key file":   {inFile, "mock", "cannot be read"},
		"key with a space": {environ{"TELNYX_API_KEY": "KEY 1"}, "create ROOM", "API key holds white space"},
		"base URL":         {withKey, "create ROOM --base-url http://example.com", "plain http, which is allowed to a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireUsage(t, row.env, "", row.line, row.want)
		})
	}
}

func TestUsageOfRefresh(t *testing.T) {
	t.Parallel()
	const notJSON = "the input is not valid JSON"
	for stdin, want := range map[string]string{
		"{}":                "the refresh token is missing",
		`{"refresh_token":`: notJSON,
		`{"refresh_token":"a"} {"refresh_token":"b"}`: notJSON,
		"TELNYX_CLIENT_TOKEN=a\n":                     "the refresh token is missing",
		"Refresh token, ends soon\neyJ\n":             "the input is neither a token nor the json",
		"<html>":                                      "the input is neither a token nor the json",
	} {
		requireUsage(t, nil, stdin, "refresh ROOM", want)
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
			require.Equal(t, exitOK, code, stderr)
		})
	}
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		code, _, stderr := invoke(t, environ{"TELNYX_API_KEY_FILE": writeFile(t, "\n")}, "", "create", room)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "the file that TELNYX_API_KEY_FILE names is empty")
	})
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"create", "refresh", "watch", "mock", "demo", "version"} {
		for _, args := range [][]string{{"help", name}, {name, "-h"}, {name, "--help"}} {
			code, text, stderr := invoke(t, nil, "", args...)
			require.Equal(t, exitOK, code, args)
			require.Empty(t, stderr, args)
			require.Contains(t, text, "Usage:\n  roomtokens "+name, args)
			require.Contains(t, text, "Examples:\n  ", args)
		}
		_, overview, _ := invoke(t, nil, "", "--help")
		require.Contains(t, overview, "\n  "+name+" ")
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"version", "--version"} {
		code, stdout, stderr := invoke(t, nil, "", arg)
		require.Equal(t, exitOK, code, stderr)
		require.Regexp(t, `^roomtokens version .*go1\.\d+.* \w+/\w+\n$`, stdout)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	_, script, _ := invoke(t, nil, "", "completion", "bash")
	require.Contains(t, script, "__start_roomtokens")
	_, forms, _ := invoke(t, nil, "", "__complete", "create", "--output", "")
	require.Contains(t, forms, "json\ntext\nenv\n")
}

// full is a device without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrInvalid }

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	_, env := listen(t)
	for _, args := range [][]string{
		{"help"},
		{"help", "create"},
		{"version"},
		{"create", room},
		{"watch", room},
		{"completion", "bash"},
		{"mock", "--addr", "127.0.0.1:0"},
	} {
		var stderr output
		code := run(t.Context(), args, env.get, strings.NewReader(""), full{}, &stderr)
		require.Equal(t, exitUsage, code, args)
		require.Contains(t, stderr.String(), "the result cannot be written", args)
	}
}
