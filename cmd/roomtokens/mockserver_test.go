package main

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipeListener accepts connections in memory, so that time is virtual.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// connect returns a connection to a mock's server that reads bodies to their end.
func connect(t *testing.T) net.Conn {
	t.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	server := newServer(handler, slog.New(slog.DiscardHandler))
	listener := make(pipeListener)
	go func() { _ = server.Serve(listener) }()
	mine, its := net.Pipe()
	listener <- its
	t.Cleanup(func() {
		close(listener)
		_ = server.Close()
		_ = mine.Close()
		time.Sleep(time.Second) // for the server, which waits before it closes a connection
	})
	return mine
}

func TestServerGivesAHeaderAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, began := connect(t), time.Now()
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost:")
		require.NoError(t, err)
		_, err = io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

func TestServerGivesABodyAnyTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := connect(t)
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
		require.NoError(t, err)
		time.Sleep(24 * time.Hour)
		go func() { _, _ = io.WriteString(conn, "late") }()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "late", string(body))

		began := time.Now()
		_, err = conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, 5*time.Minute, time.Since(began), "then the connection is idle")
	})
}

func TestServerBoundsAHeader(t *testing.T) {
	t.Parallel()
	const slack = 4096 // of net/http
	for size, status := range map[int]int{
		64<<10 + slack/2: http.StatusOK, 64<<10 + slack + 100: http.StatusRequestHeaderFieldsTooLarge,
	} {
		synctest.Test(t, func(t *testing.T) {
			conn := connect(t)
			go func() {
				header := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", size) + "\r\n\r\n"
				_, _ = io.WriteString(conn, header) // fails where the server stops reading
			}()
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, status, resp.StatusCode)
			require.NoError(t, resp.Body.Close())
		})
	}
}
