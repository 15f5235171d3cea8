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
	require.NoError(t, json.Unmarshal([]byte(<-first), &m.endpoint))
	return m
}

// env leads other commands to the mock.
func (m *running) env() environ {
	return environ{"TELNYX_API_KEY": m.APIKey, "TELNYX_BASE_URL": m.BaseURL}
}

func TestMock(t *testing.T) {
	t.Parallel()
	m := startMock(t, nil)
	code, pair, stderr := invoke(t, m.env(), "", "create", room)
	require.Equal(t, exitOK, code, stderr)
	code, _, stderr = invoke(t, m.env(), pair, "refresh", room)
	require.Equal(t, exitOK, code, stderr)
	code, _, _ = invoke(t, environ{"TELNYX_API_KEY": "KEY-wrong", "TELNYX_BASE_URL": m.BaseURL}, "", "create", room)
	require.Equal(t, exitRefused, code)

	require.Equal(t, exitOK, m.stop())
	log := strings.Split(strings.TrimSpace(m.stderr.String()), "\n")
	require.Len(t, log, 3)
	require.Regexp(t, `^time=\S+ level=INFO msg=answered method=POST operation=CreateRoomClientToken room=`+room+` status=201$`, log[0])
	require.Contains(t, log[1], "operation=RefreshRoomClientToken room="+room+" status=201")
	require.Contains(t, log[2], "operation=CreateRoomClientToken room="+room+" status=401")
	for _, secret := range []string{m.APIKey, "KEY-wrong", "eyJ"} {
		require.NotContains(t, m.stderr.String(), secret)
	}
}

func TestMockTakesAFixedKey(t *testing.T) {
	t.Parallel()
	m := startMock(t, environ{"TELNYX_API_KEY": "KEY-fixed"})
	require.NotEqual(t, "KEY-fixed", m.APIKey)
	for _, key := range []string{"KEY-fixed", m.APIKey} {
		code, _, stderr := invoke(t, environ{"TELNYX_API_KEY": key, "TELNYX_BASE_URL": m.BaseURL}, "", "create", room)
		require.Equal(t, exitOK, code, stderr)
	}
	m.stop()
	require.NotContains(t, m.stderr.String(), "KEY-fixed")
}

func TestMockWithFaults(t *testing.T) {
	t.Parallel()
	m := startMock(t, nil, "--faults", writeFile(t, `[
		{"fault": "refusal 10010", "operation": "CreateRoomClientToken"},
		{"fault": "reset", "times": 3},
		{"fault": "rate limited", "times": 7}
	]`))
	code, _, stderr := invoke(t, m.env(), "", "create", room)
	require.Equal(t, exitRefused, code)
	require.Contains(t, stderr, "10010")
	code, _, _ = invoke(t, m.env(), "", "create", room)
	require.Equal(t, exitNetwork, code)

	require.Equal(t, exitOK, m.stop())
	require.Contains(t, m.stderr.String(), `msg=answered method=POST operation=CreateRoomClientToken room=`+room+` fault="refusal 10010" status=403`)
	require.Contains(t, m.stderr.String(), `msg="broken off" method=POST operation=CreateRoomClientToken room=`+room+" fault=reset\n")
	require.Contains(t, m.stderr.String(), `fault "rate limited" is not used up: 7 left`)
}

func TestMockLogsAPathWithoutWhatMayBeAToken(t *testing.T) {
	t.Parallel()
	m := startMock(t, nil)
	token := strings.Repeat("eyJ", 20)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.BaseURL+"/roomz/"+token+"/x?token="+token, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	m.stop()
	require.Contains(t, m.stderr.String(), "msg=answered method=GET path=/v2/roomz/…/x status=404\n")
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
	go func() { ended <- serve(ctx, listener, handler, slog.New(slog.DiscardHandler)) }()
	env := environ{"TELNYX_API_KEY": "KEY1", "TELNYX_BASE_URL": "http://" + listener.Addr().String()}
	code, _, _ := invoke(t, env, "", "create", room)
	require.Equal(t, exitNetwork, code)
	require.NoError(t, <-ended)
}

func TestServeOnAClosedListener(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.ErrorIs(t, serve(t.Context(), listener, http.NotFoundHandler(), slog.New(slog.DiscardHandler)), net.ErrClosed)
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
