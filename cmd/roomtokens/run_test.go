package main

import (
	"bytes"
	"context"
	"io"
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

// run runs the program in this process, and returns its exit code.
func run(
	ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	p := &program{
		env: env, stdin: stdin, stdout: stdout, stderr: redactingWriter{stderr}, transport: newTransport(),
	}
	return p.run(ctx, args)
}

// invoke runs the program in this process.
func invoke(t *testing.T, env environ, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // ends a mock that should not serve
	defer cancel()
	var out, errs output
	code = run(ctx, args, env.get, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// invokeInMemory runs the program in virtual time: its requests reach fake, with its key, whatever host they are for.
func invokeInMemory(t *testing.T, fake *roomtokenstest.Server, line string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs output
	p := &program{
		env: environ{"TELNYX_API_KEY": fake.APIKey()}.get, stdin: strings.NewReader(""), stdout: &out,
		stderr: redactingWriter{&errs}, transport: fake.HTTPClient().Transport,
	}
	code = p.run(t.Context(), words(line))
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
	const (
		noToken = "the refresh token is missing: give it on standard input"
		unknown = "the input is neither the JSON of roomtokens create nor a refresh token"
		noPair  = "--pair needs the JSON of roomtokens create"
		pair    = `{"refresh_token":"a","token":"b","token_expires_at":"2026-01-02T03:04:05Z"}`
	)
	key := environ{"TELNYX_API_KEY": "KEY1"}
	badKey := environ{"TELNYX_API_KEY": "KEY 1"}
	noFile := environ{"TELNYX_API_KEY_FILE": "no/such/file"}
	badURL := environ{"TELNYX_API_KEY": "KEY1", "TELNYX_BASE_URL": "http://example.com"}
	for _, row := range []struct {
		env               environ
		stdin, line, want string
	}{
		{nil, "", "craete", "\n\nDid you mean this?\n\tcreate\n\nRun 'roomtokens --help' for"},
		{nil, "", "create --quiet=x", `invalid argument "x" for "-q, --quiet" flag`},
		{nil, "", "create ROOM ROOM", "accepts at most 1 arg(s), received 2"},
		{nil, "", "demo 1", `unknown command "1" for "roomtokens demo"`},
		{nil, "", "create ROOM -o yaml", `for "-o, --output" flag: must be json, text or env`},
		{nil, "", "refresh ROOM --timeout 0s", "--timeout must be a positive duration"},

		{nil, "", "create", "there is no room: give its id as ROOM_ID, or set TELNYX_ROOM_ID"},
		{nil, "", "create ", "a room's id must be a UUID"},
		{nil, "", "watch lobby", "a room's id must be a UUID"},
		{key, "", "create 00000000-0000-0000-0000-000000000000", "room_id is the nil UUID"},

		{nil, "", "create ROOM", "set TELNYX_API_KEY to one, or TELNYX_API_KEY_FILE"},
		{environ{"TELNYX_API_KEY": "KEY1", "TELNYX_API_KEY_FILE": "f"}, "", "create ROOM", "unset one"},
		{noFile, "", "watch ROOM", "TELNYX_API_KEY_FILE: open no/such/file"},
		{noFile, "", "mock", "TELNYX_API_KEY_FILE: open no/such/file"},
		{badKey, "", "create ROOM", "TELNYX_API_KEY: invalid request: API key holds white space"},
		{badKey, pair, "watch ROOM --pair -", "TELNYX_API_KEY: invalid request: API key holds white space"},
		{environ{"TELNYX_API_KEY_FILE": "-"}, "\n", "create ROOM", "TELNYX_API_KEY_FILE: invalid request: API key is empty"},

		{badURL, "", "create ROOM", "TELNYX_BASE_URL: invalid request: base URL is plain http"},
		{badURL, "", "watch ROOM", "TELNYX_BASE_URL: invalid request: base URL is plain http"},
		{nil, "", "refresh ROOM --base-url x", "--base-url: invalid request: base URL is not an absolute"},
		{environ{"HTTPS_PROXY": "http://p:x"}, "", "refresh ROOM", "HTTPS_PROXY is not a URL"},
		{environ{"https_proxy": "[::1"}, "", "refresh ROOM", "HTTPS_PROXY is not a URL"},

		{key, "", "create ROOM --token-ttl 10.5s", "must be whole seconds"},
		{key, "", "create ROOM --token-ttl 0s", "must be whole seconds"},
		{key, "", "create ROOM --token-ttl 600", "must be whole seconds, such as 90s, 10m or 1h"},
		{key, "", "create ROOM --token-ttl 9s", "token_ttl_secs is 9, must be at least 10"},
		{key, "", "create ROOM --token-ttl=-1s", "token_ttl_secs is -1, must be at least 10"},
		{key, "", "create ROOM --refresh-token-ttl 59s", "refresh_token_ttl_secs is 59, must be at least 60"},
		{key, "", "watch ROOM --refresh-token-ttl 24h0m1s", "refresh_token_ttl_secs is 86401, must be at most 86400"},
		{nil, "eyJ", "refresh ROOM --token-ttl 1h0m1s", "token_ttl_secs is 3601, must be at most 3600"},

		{nil, "", "refresh ROOM", noToken},
		{nil, "{}", "refresh ROOM", noToken},
		{nil, "", "refresh ROOM --refresh-token-file no/such/file", "--refresh-token-file: open no/such/file"},
		{nil, `{"refresh_token":`, "refresh ROOM", unknown},
		{nil, `{"refresh_token":"a"} {"refresh_token":"b"}`, "refresh ROOM", unknown},
		{nil, "Refresh token, ends soon\neyJ\n", "refresh ROOM", unknown},
		{nil, "TELNYX_REFRESH_TOKEN=eyJ\n", "refresh ROOM", unknown},
		{nil, strings.Repeat("x", maxInputBytes+1), "refresh ROOM", "standard input: it is larger than 1 MiB"},
		{nil, "", "watch ROOM --pair no/such/file", "--pair: open no/such/file"},
		{nil, "", "watch ROOM --pair -", noToken},
		{nil, "eyJ", "watch ROOM --pair -", noPair},
		{nil, `{"refresh_token":"a","token":"b"}`, "watch ROOM --pair -", noPair},
		{nil, `{"refresh_token":"a","token_expires_at":"2026-01-02T03:04:05Z"}`, "watch ROOM --pair -", noPair},

		{nil, "", "mock --addr 4010", `"--addr" flag: must be host:port, such as 127.0.0.1:4010`},
		{nil, "", "mock --addr :65536", `"--addr" flag: must be host:port`},
		{nil, "", "mock --room lobby", `"--room" flag: a room's id must be a UUID`},
		{nil, "", "mock --allow-origin x.test", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-origin https://x/", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-origin https://X", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-origin *", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-origin http://[::1", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-origin https://", `"--allow-origin" flag: must be as browsers send it`},
		{nil, "", "mock --allow-host ", `"--allow-host" flag: must be a name without a port`},
		{nil, "", "mock --allow-host mock:4010", `"--allow-host" flag: must be a name without a port`},
		{nil, "", "mock --allow-host http://mock", `"--allow-host" flag: must be a name without a port`},
		{nil, "", "mock --allow-host *.test", `"--allow-host" flag: must be a name without a port`},
		{nil, "", "mock --rate-limit 0/1s", `"--rate-limit" flag: must be a number of requests`},
		{nil, "", "mock --rate-limit 1/0s", `"--rate-limit" flag: must be a number of requests`},
		{nil, "", "mock --rate-limit 100", `"--rate-limit" flag: must be a number of requests`},
		{nil, "", "mock --rate-limit 99999999999999999999/1s", `"--rate-limit" flag: must be a number of requests`},
		{nil, "", "mock --faults no/such/file", "--faults: open no/such/file"},
		{nil, "\n[{\"colour\": 1}]\n", "mock --faults -", "--faults: -: fault 1: colour is not a field"},
	} {
		t.Run(row.line, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, row.env, row.stdin, words(row.line)...)
			require.Equal(t, exitUsage, code, stderr)
			require.Contains(t, stderr, row.want)
			require.Empty(t, stdout)
		})
	}
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
