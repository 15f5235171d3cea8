package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain runs the service itself where TestALogThatNobodyReads asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_JOINSERVICE") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestALogThatNobodyReads(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	service := exec.CommandContext(ctx, os.Args[0])
	service.Env = []string{"RUN_JOINSERVICE=1", "TELNYX_API_KEY=KEY", "LISTEN=127.0.0.1:0"}
	log, err := service.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, service.Start())
	line, err := bufio.NewReader(log).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, log.Close())
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
	for range 3 {
		require.Equal(t, http.StatusNotFound, get(t, "http://"+address+"/nothing", nil))
	}
	require.NoError(t, service.Process.Kill())
	require.Error(t, service.Wait())
}

func TestServerBoundsWhatItReads(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h := newHarness(t, io.Discard)
	server := newServer(h.handler, h.log)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	url, long := "http://"+listener.Addr().String(), strings.Repeat("x", 64_000)
	for name, status := range map[string]int{
		"header": get(t, url, http.Header{"X-Long": {long}}),
		"path":   get(t, url+"/rooms/"+long, nil),
	} {
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status, name)
	}
	require.Zero(t, h.logged.Len())
	require.Greater(t, server.IdleTimeout, time.Minute) // a balancer's
}

// get returns the status of the response.
func get(t *testing.T, url string, header http.Header) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.Header = header.Clone()
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}
