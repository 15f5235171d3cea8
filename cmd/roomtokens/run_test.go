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
	"time"

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
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // ends a mock that should not serve
	defer cancel()
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
		"craete":                                         "\n\nDid you mean this?\n\tcreate\n\nRun 'roomtokens --help' for",
		"help destroy":                                   `unknown command "destroy" for "roomtokens"`,
		"help craete":                                    "Did you mean this?\n\tcreate\n",
		"help create x":                                  `unknown command "x" for "roomtokens create"`,
		"mock -addr 4010":                                "unknown shorthand flag: 'a' in -addr, did you mean --addr?",
		"create --quiet=x":                               `invalid argument "x" for "-q, --quiet" flag`,
		"create ROOM ROOM":                               "accepts at most 1 arg(s), received 2",
		"demo 1":                                         `unknown command "1" for "roomtokens demo"`,
		"create ROOM":                                    "set TELNYX_API_KEY to one, or TELNYX_API_KEY_FILE",
		"create ROOM --token-ttl 10.5s":                  "must be whole seconds",
		"create ROOM --token-ttl 0s":                     "must be whole seconds",
		"create ROOM --token-ttl 600":                    "must be whole seconds, such as 90s, 10m or 1h",
		"refresh ROOM --timeout 0s":                      "--timeout must be a positive duration",
		"create ROOM -o yaml":                            `for "-o, --output" flag: must be json, text or env`,
		"mock --addr 4010":                               `"--addr" flag: must be host:port, such as 127.0.0.1:4010`,
		"mock --addr :65536":                             `"--addr" flag: must be host:port`,
		"mock --room lobby":                              `"--room" flag: a room's id must be a UUID`,
		"mock --allow-origin x.test":                     `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-origin https://x/":                 `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-origin https://X":                  `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-origin *":                          `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-origin http://[::1":                `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-origin https://":                   `"--allow-origin" flag: must be as browsers send it`,
		"mock --allow-host ":                             `"--allow-host" flag: must be a name without a port`,
		"mock --allow-host mock:4010":                    `"--allow-host" flag: must be a name without a port`,
		"mock --allow-host http://mock":                  `"--allow-host" flag: must be a name without a port`,
		"mock --allow-host *.test":                       `"--allow-host" flag: must be a name without a port`,
		"mock --rate-limit 0/1s":                         `"--rate-limit" flag: must be a number of requests`,
		"mock --rate-limit 1/0s":                         `"--rate-limit" flag: must be a number of requests`,
		"mock --rate-limit 100":                          `"--rate-limit" flag: must be a number of requests`,
		"mock --rate-limit 9e9/1s":                       `"--rate-limit" flag: must be a number of requests`,
		"mock --rate-limit 99999999999999999999/1s":      `"--rate-limit" flag: must be a number of requests`,
		"refresh ROOM":                                   "the refresh token is missing: give it on standard input",
		"refresh ROOM --refresh-token-file no/such/file": "--refresh-token-file: open no/such/file",
		"mock --faults no/such/file":                     "--faults: open no/such/file",
		"watch ROOM --pair no/such/file":                 "--pair: open no/such/file",
		"mock --faults main.go":                          "--faults: main.go: faults are not JSON",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			requireUsage(t, nil, "", line, want)
		})
	}
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
	noFile := environ{"TELNYX_API_KEY_FILE": "no/such/file"}
	badKey := environ{"TELNYX_API_KEY": "KEY 1"}
	badURL := environ{"TELNYX_API_KEY": "KEY1", "TELNYX_BASE_URL": "http://example.com"}
	for _, row := range []struct {
		env        environ
		line, want string
	}{
		{nil, "create", "there is no room: give its id as ROOM_ID, or set TELNYX_ROOM_ID"},
		{nil, "create ", "a room's id must be a UUID"},
		{nil, "watch lobby", "a room's id must be a UUID"},
		{
			environ{"TELNYX_API_KEY": "KEY1"},
			"create 00000000-0000-0000-0000-000000000000",
			"room_id is the nil UUID",
		},
		{environ{"TELNYX_API_KEY": "KEY1", "TELNYX_API_KEY_FILE": "f"}, "create ROOM", "unset one"},
		{noFile, "watch ROOM", "TELNYX_API_KEY_FILE: open no/such/file"},
		{noFile, "mock", "TELNYX_API_KEY_FILE: open no/such/file"},
		{badKey, "create ROOM", "TELNYX_API_KEY: invalid request: API key holds white space"},
		{badKey, "mock", "TELNYX_API_KEY: invalid request: API key holds white space"},
		{badURL, "create ROOM", "TELNYX_BASE_URL: invalid request: base URL is plain http"},
		{badURL, "refresh ROOM", "TELNYX_BASE_URL: invalid request: base URL is plain http"},
		{badURL, "watch ROOM", "TELNYX_BASE_URL: invalid request: base URL is plain http"},
		{nil, "refresh ROOM --base-url x", "--base-url: invalid request: base URL is not an absolute"},
		{environ{"HTTPS_PROXY": "http://p:x"}, "refresh ROOM", "HTTPS_PROXY is not a URL"},
		{environ{"https_proxy": "[::1"}, "refresh ROOM", "HTTPS_PROXY is not a URL"},
	} {
		requireUsage(t, row.env, "", row.line, row.want)
	}
}

func TestUsageOfInput(t *testing.T) {
	t.Parallel()
	const (
		noToken = "the refresh token is missing"
		unknown = "the input is neither a token nor the json or env output of roomtokens create"
		noPair  = "--pair needs the json or env output of roomtokens create"
		colour  = "--faults: -: fault 1: colour is not a field"
	)
	for _, row := range []struct{ line, stdin, want string }{
		{"refresh ROOM", "{}", noToken},
		{"refresh ROOM", "TELNYX_CLIENT_TOKEN=a\n", noToken},
		{"refresh ROOM", `{"refresh_token":`, unknown},
		{"refresh ROOM", `{"refresh_token":"a"} {"refresh_token":"b"}`, unknown},
		{"refresh ROOM", "Refresh token, ends soon\neyJ\n", unknown},
		{"refresh ROOM", "TELNYX_CLIENT_TOKEN_EXPIRES_AT=soon", unknown},
		{"refresh ROOM", "TELNYX_REFRESH_TOKEN_EXPIRES_AT=soon", unknown},
		{"refresh ROOM", strings.Repeat("x", maxInputBytes+1), "standard input: it is larger than 1 MiB"},
		{"watch ROOM --pair -", "", noToken},
		{"watch ROOM --pair -", "eyJ", noPair},
		{"watch ROOM --pair -", `{"refresh_token":"a","token":"b"}`, noPair},
		{"watch ROOM --pair -", `{"refresh_token":"a","token_expires_at":"2026-01-02T03:04:05Z"}`, noPair},
		{"mock --faults -", "\n[{\"colour\": 1}]\n", colour},
		{"mock --faults -", "\ufeff[{\"colour\": 1}]", colour},
		{"mock --faults -", utf16("\ufeff[{\"colour\": 1}]"), colour},
	} {
		requireUsage(t, nil, row.stdin, row.line, row.want)
	}
	const pair = `{"refresh_token":"a","token":"b","token_expires_at":"2026-01-02T03:04:05Z"}`
	requireUsage(t, environ{"TELNYX_API_KEY": "KEY 1"}, pair, "watch ROOM --pair -", "TELNYX_API_KEY: ")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	code, overview, stderr := invoke(t, nil, "")
	require.Equal(t, exitOK, code)
	require.Empty(t, stderr)
	for _, name := range []string{"create", "refresh", "watch", "mock", "demo"} {
		require.Contains(t, overview, "\n  "+name+" ")
		code, text, stderr := invoke(t, nil, "", "help", name)
		require.Equal(t, exitOK, code, name)
		require.Empty(t, stderr, name)
		require.Contains(t, text, "Usage:\n  roomtokens "+name)
		require.Contains(t, text, "Examples:\n  ", name)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := invoke(t, nil, "", "--version")
	require.Equal(t, exitOK, code, stderr)
	require.Regexp(t, `^roomtokens version .*go1\.\d+.* \w+/\w+\n$`, stdout)
	require.NotContains(t, stdout, "unknown")
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	_, script, _ := invoke(t, nil, "", "completion", "bash")
	require.Contains(t, script, "__start_roomtokens")
	const files, noFiles = "^:0\n$", "^:4\n$"
	for line, want := range map[string]string{
		"create --output ":              "^json\ntext\nenv\n:4\n$",
		"create ":                       noFiles,
		"mock ":                         noFiles,
		"mock --addr ":                  noFiles,
		"create --token-ttl ":           noFiles,
		"mock --faults ":                files,
		"refresh --refresh-token-file ": files,
		"cre":                           `^create\t.*\n:4\n$`,
	} {
		_, stdout, _ := invoke(t, nil, "", append([]string{"__complete"}, words(line)...)...)
		require.Regexp(t, want, stdout, line)
	}
	for _, name := range []string{"create", "refresh", "watch", "mock"} {
		_, flags, _ := invoke(t, nil, "", "__complete", name, "--")
		require.Contains(t, flags, "--output\tform of the result", name)
		require.NotContains(t, flags, "`", name)
	}
}

// full is a device without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrInvalid }

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	_, env := listen(t)
	for _, args := range [][]string{{"create", room}, {"watch", room}, {"mock", "--addr", "127.0.0.1:0"}} {
		var stderr output
		code := run(t.Context(), args, env.get, strings.NewReader(""), full{}, &stderr)
		require.Equal(t, exitUsage, code, args)
		require.Contains(t, stderr.String(), "the result cannot be written", args)
	}
}
