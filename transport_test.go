package roomtokens_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			requests := 0
			client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("Location", "https://evil.example/collect")
				w.WriteHeader(status)
			})
			for _, call := range []func() error{
				func() error { _, err := create(t, client); return err },
				func() error { _, err := refresh(t, client); return err },
			} {
				requests = 0
				refused, ok := errors.AsType[*roomtokens.Error](call())
				require.True(t, ok)
				require.Equal(t, status, refused.StatusCode)
				require.Equal(t, 1, requests)
			}
		})
	}
}

func TestCallersHTTPClientIsNotModified(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := memory(func(w http.ResponseWriter, req *http.Request) {
		if _, err := req.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
			http.Error(w, "first", http.StatusForbidden)
			return
		}
		created(w, req)
	})
	caller := &http.Client{Transport: transport, Jar: jar, Timeout: time.Minute}
	client := newClient(t, nil, roomtokens.WithHTTPClient(caller))

	_, err = create(t, client)
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	_, err = create(t, client)
	require.NoError(t, err, "the caller's cookie jar is used")

	require.Nil(t, caller.CheckRedirect)
	require.Equal(t, time.Minute, caller.Timeout)
	require.IsType(t, transport, caller.Transport)
}

func TestCallersTimeoutBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		callers time.Duration
		want    time.Duration
	}{
		"shorter than the attempt timeout": {3 * time.Second, 3 * time.Second},
		"longer than the attempt timeout":  {time.Minute, 15 * time.Second},
		"none":                             {0, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stalled := roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, req.Context().Err()
				})
				client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Transport: stalled, Timeout: row.callers}))
				began := time.Now()
				_, err := create(t, client)
				require.ErrorContains(t, err, "attempt timed out after "+row.want.String())
				timeout, ok := errors.AsType[net.Error](err)
				require.True(t, ok)
				require.True(t, timeout.Timeout())
				require.Equal(t, row.want, time.Since(began))
			})
		})
	}
}

func TestCallersClientWithoutTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(created))
	t.Cleanup(server.Close)
	_, err := create(t, newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{}), roomtokens.WithBaseURL(server.URL)))
	require.NoError(t, err)
}

// createdInChunks is an answer of unknown length.
func createdInChunks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	for part := range slices.Chunk([]byte(createdBody), 100) {
		_, _ = w.Write(part)
		w.(http.Flusher).Flush()
	}
}

// countConnections counts those that a server is about to accept.
func countConnections(server *httptest.Server) *atomic.Int64 {
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	return &connections
}

// TestConnectionsAreReused holds connections against every way in which a body may end.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"201":                      created,
		"201, chunked":             createdInChunks,
		"403 with a body":          answer(http.StatusForbidden, "application/json", `{"code":"10010","title":"no"}`),
		"500 with a long body":     answer(http.StatusInternalServerError, "text/plain", string(make([]byte, 900<<10))),
		"307":                      answer(http.StatusTemporaryRedirect, "text/plain", "elsewhere"),
		"201 that breaks the spec": answer(http.StatusCreated, "application/json", `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(handler)
			connections := countConnections(server)
			server.Start()
			t.Cleanup(server.Close)
			client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
			require.NoError(t, err)
			for range 20 {
				_, _ = create(t, client)
			}
			require.EqualValues(t, 1, connections.Load())
		})
	}
}

func TestIdleConnectionsAreKeptForManyCallers(t *testing.T) {
	t.Parallel()
	const callers, rounds = 128, 5
	barrier := make(chan struct{})
	var waiting atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		// The first round meets here, so that every caller needs a connection of its own.
		if waiting.Add(1) == callers {
			close(barrier)
		}
		<-barrier
		created(w, req)
	}))
	connections := countConnections(server)
	server.Start()
	t.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
	require.NoError(t, err)
	for range rounds {
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				_, err := create(t, client)
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	require.LessOrEqual(t, connections.Load(), int64(callers))
}

// loopback is a TLS server that counts its connections, and a client of the package's own transport that trusts it.
func loopback(tb testing.TB, http2 bool, handler http.HandlerFunc) (*roomtokens.Client, *atomic.Int64) {
	tb.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // callers that close a connection early
	connections := countConnections(server)
	server.StartTLS()
	tb.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
	require.NoError(tb, err)
	transport := roomtokens.OwnTransport(client)
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	tb.Cleanup(transport.CloseIdleConnections)
	return client, connections
}

func TestColdBurstOverHTTP2OpensFewConnections(t *testing.T) {
	t.Parallel()
	client, connections := loopback(t, true, func(w http.ResponseWriter, req *http.Request) {
		if req.Proto != "HTTP/2.0" {
			http.Error(w, req.Proto, http.StatusHTTPVersionNotSupported)
			return
		}
		created(w, req)
	})
	var group sync.WaitGroup
	for range 128 {
		group.Go(func() {
			if _, err := create(t, client); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.LessOrEqual(t, connections.Load(), int64(4))
}
