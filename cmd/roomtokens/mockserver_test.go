package main

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// oneConnection is a listener in memory, so that time is virtual.
type oneConnection chan net.Conn

func (l oneConnection) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l oneConnection) Close() error   { return nil }
func (l oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

// TestServerLimits sends a request in two parts, and looks at how long the server keeps the connection.
func TestServerLimits(t *testing.T) {
	t.Parallel()
	const (
		get   = "GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n"
		post  = "POST " + createPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
		delay = 24 * time.Hour // of the response to a post
		slack = 4096           // that net/http adds to the limit of a header
		idle  = 5 * time.Minute
	)
	for name, row := range map[string]struct {
		first  string
		pause  time.Duration
		second string
		status string
		open   time.Duration // after the pause
	}{
		"a header may take a minute": {"GET / HTTP/1.1\r\nHost:", 0, "", "", time.Minute},
		"a request may take as long": {post, time.Minute - 1, "late", "401 Unauthorized", idle + delay},
		"a body that never comes":    {post, 0, "", "", time.Minute},
		"nor does that of a control": {strings.Replace(post, createPath, "/_mock/faults", 1), 0, "", "413", time.Minute},
		"a body that nothing reads":  {get + "Content-Length: 4\r\n\r\n", 0, "", "200", time.Minute},
		"a header of 64 KiB":         {get, 0, "X: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "200 OK", idle},
		"a longer one": {
			get, 0, "X: " + strings.Repeat("x", 64<<10+slack) + "\r\n\r\n",
			"431 Request Header Fields Too Large", 500 * time.Millisecond,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				mine, its := net.Pipe()
				listener := make(oneConnection, 1)
				listener <- its
				close(listener)
				fake := roomtokenstest.NewServer()
				fake.Inject(roomtokenstest.Fault{Delay: delay})
				server := newServer(newMockHandler(fake, access{}), slog.New(slog.DiscardHandler))
				require.ErrorIs(t, server.Serve(listener), net.ErrClosed)
				go func() {
					_, _ = io.WriteString(mine, row.first)
					time.Sleep(row.pause)
					_, _ = io.WriteString(mine, row.second) // fails where the server reads no further
				}()
				began := time.Now()
				response, err := io.ReadAll(mine)
				require.NoError(t, err)
				require.Equal(t, row.status != "", strings.HasPrefix(string(response), "HTTP/1.1 "+row.status))
				// Go 1.27 lets half a second pass before it closes.
				require.InDelta(t, row.pause+row.open, time.Since(began), float64(time.Second/2))
				require.NoError(t, mine.Close())
			})
		})
	}
}
