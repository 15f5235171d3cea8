package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// asProgram is a variable that makes this test binary the program.
const asProgram = "ROOMTOKENS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is a process that sees nothing of this one's environment but what Windows cannot do without.
func command(t *testing.T, env environ, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, args...)
	// With the race detector, a process sleeps for a second before it ends, unless told otherwise.
	cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), asProgram + "=1", "GORACE=atexit_sleep_ms=0"}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func runProcess(t *testing.T, env environ, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // fails if the exit code is not 0
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// process is a command that runs until it is interrupted.
type process struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr output
}

// start starts a command whose output is read as it comes.
func start(t *testing.T, env environ, args ...string) *process {
	t.Helper()
	p := &process{Cmd: command(t, env, args...)}
	p.Stderr = &p.stderr
	p.begin(t)
	return p
}

// begin starts the process, with a pipe for standard output.
func (p *process) begin(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted")
	}
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(stdout)
	require.NoError(t, p.Start())
}

// interrupt returns the exit code.
func (p *process) interrupt(t *testing.T) int {
	t.Helper()
	require.NoError(t, p.Process.Signal(os.Interrupt))
	_ = p.Wait() // fails if the exit code is not 0
	return p.ProcessState.ExitCode()
}

func TestWatchUntilInterrupted(t *testing.T) {
	t.Parallel()
	_, env := listen(t)
	p := start(t, env, "watch", room, "--token-ttl", "10s")
	line, err := p.stdout.ReadString('\n')
	require.NoError(t, err)
	token := decodePair(t, line)
	require.NotEmpty(t, token.Token)
	require.Equal(t, exitOK, p.interrupt(t))
	require.Empty(t, p.stderr.String())
}

// TestResultUnread closes the pipe that a command writes its result to before it does.
func TestResultUnread(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGPIPE")
	}
	_, env := listen(t)
	for _, name := range []string{"create", "watch"} {
		read, write, err := os.Pipe()
		require.NoError(t, err)
		require.NoError(t, read.Close())
		cmd := command(t, env, name, room)
		cmd.Stdout = write
		require.EqualError(t, cmd.Run(), "signal: broken pipe", name)
		require.NoError(t, write.Close())
	}
}

// endpoint reads what mock writes with --output env.
func (p *process) endpoint(t *testing.T) environ {
	t.Helper()
	env := environ{}
	for range 2 {
		line, err := p.stdout.ReadString('\n')
		require.NoError(t, err)
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	return env
}

func TestMockUntilInterrupted(t *testing.T) {
	t.Parallel()
	p := start(t, environ{"TELNYX_API_KEY": keyLike}, "mock", "-v", "--addr", "127.0.0.1:0", "--output", "env")
	env := p.endpoint(t)
	code, pair, stderr := invoke(t, env, "", "create", room)
	require.Equal(t, exitOK, code, stderr)
	code, _, stderr = invoke(t, env, pair, "refresh", room)
	require.Equal(t, exitOK, code, stderr)
	other := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"]}
	for key, want := range map[string]int{keyLike: exitOK, keyLike + "x": exitRefused} {
		other["TELNYX_API_KEY"] = key
		code, _, stderr = invoke(t, other, "", "create", room)
		require.Equal(t, want, code, stderr)
	}

	require.Equal(t, exitOK, p.interrupt(t))
	log := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	require.Len(t, log, 4)
	const actions = " method=POST path=/v2/rooms/" + room + "/actions/"
	require.Regexp(t, `^time=\S+ level=INFO msg=request`+actions+`generate_join_client_token status=201$`, log[0])
	require.Contains(t, log[1], actions+"refresh_client_token status=201")
	require.Equal(t, 1, strings.Count(p.stderr.String(), actions+"generate_join_client_token status=401"))
	for _, secret := range []string{env["TELNYX_API_KEY"], keyLike, "eyJ"} {
		require.NotContains(t, p.stderr.String(), secret)
	}
}

// TestMockWithLogClosed sends requests that the mock cannot log.
func TestMockWithLogClosed(t *testing.T) {
	t.Parallel()
	p := &process{Cmd: command(t, nil, "mock", "-v", "--addr", "127.0.0.1:0", "--output", "env")}
	stderr, err := p.StderrPipe()
	require.NoError(t, err)
	p.begin(t)
	require.NoError(t, stderr.Close())
	env := p.endpoint(t)
	for range 2 {
		code, _, errs := invoke(t, env, "", "create", room)
		require.Equal(t, exitOK, code, errs)
	}
	require.Equal(t, exitOK, p.interrupt(t))
}

// TestInterruptedWhileReading has commands wait for standard input, which nothing is written to.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"refresh ROOM", "watch ROOM --pair -"} {
		p := &process{Cmd: command(t, nil, words(line)...)}
		_, err := p.StdinPipe()
		require.NoError(t, err)
		p.begin(t)
		require.NoError(t, p.Process.Signal(os.Interrupt))
		require.EqualError(t, p.Wait(), "signal: interrupt", line)
	}
}

// TestInterruptedTwice has watch write a token that is longer than a pipe holds, which the second signal alone ends.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	_, env := listen(t, roomtokenstest.Fault{
		Name: "long token", Status: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"data":{"token":"` + strings.Repeat("x", 1<<18) + `","token_expires_at":"2999-01-01T00:00:00Z"}}`,
	})
	p := start(t, env, "watch", room)
	_, err := p.stdout.ReadByte()
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	require.Eventually(t, func() bool {
		_ = p.Process.Signal(os.Interrupt) // fails if the process has ended
		select {
		case err = <-ended:
			return true
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
	require.EqualError(t, err, "signal: interrupt")
}

// TestProxy lets the program ask for a tunnel, and refuses it.
func TestProxy(t *testing.T) {
	t.Parallel()
	for status, once := range map[int]bool{401: true, 403: true, 407: true, 500: false, 502: false} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method+" "+r.Host == "CONNECT telnyx.example:443" {
					asked.Add(1)
				}
				w.WriteHeader(status)
			}))
			defer proxy.Close()
			code, _, stderr := runProcess(t, environ{
				"HTTPS_PROXY":    strings.Replace(proxy.URL, "http://", "user:"+keyLike+"@", 1),
				"TELNYX_API_KEY": keyLike, "TELNYX_BASE_URL": "https://telnyx.example/v2",
			}, "create", room, "--timeout", "2s")
			require.Equal(t, exitNetwork, code, stderr)
			require.Contains(t, stderr, fmt.Sprintf(": the proxy refused to connect: %d %s", status, http.StatusText(status)))
			require.Contains(t, stderr, "\nNo complete response came. Check the network, the proxy")
			require.Equal(t, once, asked.Load() == 1, stderr)
			require.NotContains(t, stderr, "key")
			requireNoPart(t, stderr, keyLike)
		})
	}
}

// TestTokenAfterAResponse sends one where no body is to follow, which net/http logs.
func TestTokenAfterAResponse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"+jwtLike)
	}))
	defer server.Close()
	env := environ{"TELNYX_API_KEY": keyLike, "TELNYX_BASE_URL": server.URL}
	_, _, stderr := runProcess(t, env, "create", room, "--timeout", "1s")
	require.Contains(t, stderr, "Unsolicited response received on idle HTTP channel")
	requireNoPart(t, stderr, jwtLike)
}
