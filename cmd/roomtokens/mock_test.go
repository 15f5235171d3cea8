package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// endpoint is what mock writes.
type endpoint struct {
	BaseURL string `json:"base_url"`
	APIKey  string `json:"api_key"`
}

// running is a mock under test.
type running struct {
	endpoint
	stderr *output
	stop   func() (code int)
}

// startMock runs mock in this process until stop is called.
func startMock(t *testing.T, env environ, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	first, code := make(chan string, 1), make(chan int, 1)
	m := &running{stderr: &output{}}
	stdout := &lines{check: func(line string) { first <- line }}
	go func() {
		args := append([]string{"mock", "--addr", "127.0.0.1:0"}, args...)
		code <- run(ctx, args, env.get, strings.NewReader(""), stdout, m.stderr)
	}()
	m.stop = func() int {
		cancel()
		return <-code
	}
	t.Cleanup(cancel)
	select {
	case line := <-first:
		require.NoError(t, json.Unmarshal([]byte(line), &m.endpoint))
	case <-code:
		require.Fail(t, "the mock has ended", m.stderr)
	}
	return m
}

// env is the environment of commands that call the mock.
func (m *running) env() environ {
	return environ{"TELNYX_API_KEY": m.APIKey, "TELNYX_BASE_URL": m.BaseURL}
}

func TestMockWithFaults(t *testing.T) {
	t.Parallel()
	m := startMock(t, nil, "-v", "--faults", writeFile(t, `[
		{"fault": "refusal 10010", "operation": "CreateRoomClientToken"},
		{"fault": "reset"},
		{"fault": "rate limited", "times": 7, "operation": "RefreshRoomClientToken"}
	]`))
	code, _, stderr := invoke(t, m.env(), "", "create", room)
	require.Equal(t, exitRefused, code)
	require.Contains(t, stderr, "10010")
	code, _, stderr = invoke(t, m.env(), "", "create", room)
	require.Equal(t, exitOK, code, stderr)

	require.Equal(t, exitOK, m.stop())
	require.Contains(t, m.stderr.String(), `generate_join_client_token fault="refusal 10010" status=403`)
	require.Contains(t, m.stderr.String(), `msg="no response" method=POST path=/v2/rooms/`+room)
	require.Contains(t, m.stderr.String(), `fault 3 "rate limited" is not used up: 7 left`)
}

func TestMockWithRoomsAndARateLimit(t *testing.T) {
	t.Parallel()
	const other = "11111111-2222-4333-8444-555555555555"
	m := startMock(t, nil, "--room", room, "--room", other, "--rate-limit", "3/1h")
	for _, row := range []struct{ room, stderr string }{
		{room, ""}, {other, ""}, {"22222222-2222-4333-8444-555555555555", "404 Not Found"}, {room, "429 Too Many Requests"},
	} {
		_, _, stderr := invoke(t, m.env(), "", "create", row.room, "--timeout", "10s")
		require.Contains(t, stderr, row.stderr)
		require.Equal(t, row.stderr == "", stderr == "", stderr)
	}
	require.Equal(t, exitOK, m.stop())
	require.Empty(t, m.stderr.String(), "without --verbose, requests are not logged")
	require.NoError(t, new(mock).setRateLimit("1/1ns"), "the least one")
}

func TestMockAccessByFlags(t *testing.T) {
	t.Parallel()
	m := new(mock)
	require.NoError(t, m.setAddr("mock.internal:4010"))
	require.Equal(t, access{host: "mock.internal"}, m.access)

	running := startMock(t, nil, "--room", room, "--allow-origin", "https://app.test",
		"--allow-host", "mock", "--allow-host", "telnyx.test")
	code, _, stderr := invoke(t, running.env(), "", "create", "22222222-2222-4333-8444-555555555555")
	require.Equal(t, exitRefused, code)
	require.Contains(t, stderr, "404 Not Found", "one room exists")
	url := strings.TrimSuffix(running.BaseURL, "/v2") + "/_mock/health"
	for _, row := range []struct {
		host, origin string
		status       int
	}{
		{"localhost", "", 200},
		{"mock", "", 200},
		{"telnyx.test:4010", "", 200},
		{"evil.test", "", 421},
		{"localhost", "https://app.test", 200},
		{"localhost", "https://evil.test", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		r.Host = row.host
		r.Header.Set("Origin", row.origin)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, row.status, resp.StatusCode, row)
	}
}

func TestServeInterruptedWithinARequest(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		interrupt()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, newServer(handler, slog.New(slog.DiscardHandler))) }()
	env := environ{"TELNYX_API_KEY": "KEY1", "TELNYX_BASE_URL": "http://" + listener.Addr().String()}
	code, _, _ := invoke(t, env, "", "create", room, "--timeout", "3s")
	require.Equal(t, exitNetwork, code)
	require.NoError(t, <-ended)
}

func TestServeOnAClosedListener(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.ErrorIs(t, serve(t.Context(), listener, &http.Server{}), net.ErrClosed)
}

func TestEndpointForms(t *testing.T) {
	t.Parallel()
	for addr, url := range map[string]string{
		"127.0.0.1:4010": "http://127.0.0.1:4010/v2",
		"0.0.0.0:4010":   "http://127.0.0.1:4010/v2",
		"[::]:4010":      "http://127.0.0.1:4010/v2",
		"[::1]:4010":     "http://[::1]:4010/v2",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		r := endpointResult(tcp, "KEY1")
		env, err := r.in(formatEnv)
		require.NoError(t, err)
		require.Contains(t, env, "\nTELNYX_API_KEY=KEY1\n")
		text, err := r.in(formatText)
		require.NoError(t, err)
		require.Contains(t, text, "Base URL  "+url+"\nAPI key   KEY1\n")
	}
}
