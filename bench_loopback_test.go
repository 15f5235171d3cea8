package roomtokens_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// BenchmarkLoopback measures create calls over TLS on loopback, warm, from many callers at once: calls per second, the
// median and the 99th percentile of a call, and the connections opened for 10 000 calls. Server and client share the
// processors.
func BenchmarkLoopback(b *testing.B) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		for _, atOnce := range []int{1, 16, 128} {
			for _, client := range []string{"handwritten-default", "handwritten-tuned", "roomtokens"} {
				name := fmt.Sprintf("proto=%s/callers=%d/client=%s", strings.ReplaceAll(proto, "/", ""), atOnce, client)
				b.Run(name, func(b *testing.B) { benchmarkLoopback(b, proto == "HTTP/2", atOnce, client) })
			}
		}
	}
}

// loopbackCaller returns the create call of the named client, and how many connections its server has seen.
func loopbackCaller(
	b *testing.B, http2 bool, name string, handler http.HandlerFunc,
) (func(context.Context) error, *atomic.Int64) {
	b.Helper()
	client, connections := loopback(b, http2, handler)
	if name == "roomtokens" {
		return wrapped{client}.create, connections
	}
	transport := roomtokens.OwnTransport(client)
	own := http.DefaultTransport.(*http.Transport).Clone()
	own.TLSClientConfig = transport.TLSClientConfig.Clone()
	if name == "handwritten-tuned" {
		own.MaxIdleConns, own.MaxIdleConnsPerHost = transport.MaxIdleConns, transport.MaxIdleConnsPerHost
	}
	b.Cleanup(own.CloseIdleConnections)
	hand := &handwritten{http: &http.Client{Transport: own}, base: roomtokens.BaseURL(client)}
	return hand.create, connections
}

// loopback is a TLS server that counts its connections, and a client of the package's own transport that trusts it.
func loopback(b *testing.B, http2 bool, handler http.HandlerFunc) (*roomtokens.Client, *atomic.Int64) {
	b.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // callers that close a connection early
	var connections atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	b.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL))
	require.NoError(b, err)
	transport := roomtokens.OwnTransport(client)
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	b.Cleanup(client.CloseIdleConnections)
	return client, &connections
}

func benchmarkLoopback(b *testing.B, http2 bool, atOnce int, name string) {
	b.Helper()
	call, connections := loopbackCaller(b, http2, name, respond(http.StatusCreated, "application/json", cannedCreate))
	for range 3 { // warm up: a connection for each caller, where the protocol needs one
		var group sync.WaitGroup
		for range atOnce {
			group.Go(func() { assert.NoError(b, call(b.Context())) })
		}
		group.Wait()
	}
	before := connections.Load()

	var mu sync.Mutex
	var all []time.Duration
	b.SetParallelism(max(atOnce/runtime.GOMAXPROCS(0), 1))
	b.ResetTimer()
	run := func(next func() bool) {
		var took []time.Duration
		for next() {
			began := time.Now()
			if err := call(b.Context()); err != nil {
				b.Error(err)
				return
			}
			took = append(took, time.Since(began))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, took...)
	}
	if atOnce == 1 {
		run(func() bool { return b.Loop() })
	} else {
		b.RunParallel(func(pb *testing.PB) { run(pb.Next) })
	}
	b.StopTimer()

	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(connections.Load()-before)*1e4/float64(len(all)), "conns/10k")
}

// BenchmarkBurst makes calls at once on a client that has no connection yet: how long they take, how many fail, and how
// many connections are opened. Run it once: -bench Burst -benchtime 1x.
func BenchmarkBurst(b *testing.B) {
	for _, row := range []struct {
		calls          int
		takes, timeout time.Duration
	}{{5000, 0, 20 * time.Second}, {2000, 3 * time.Second, 10 * time.Second}} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
			for _, client := range []string{"handwritten-default", "roomtokens"} {
				name := fmt.Sprintf("calls=%d/takes=%v/proto=%s/client=%s",
					row.calls, row.takes, strings.ReplaceAll(proto, "/", ""), client)
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						burst(b, proto == "HTTP/2", client, row.calls, row.takes, row.timeout)
					}
				})
			}
		}
	}
}

func burst(b *testing.B, http2 bool, client string, calls int, takes, timeout time.Duration) {
	b.Helper()
	call, connections := loopbackCaller(b, http2, client, func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(takes)
		respond(http.StatusCreated, "application/json", cannedCreate)(w, req)
	})
	var failed atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range calls {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(b.Context(), timeout)
			defer cancel()
			if call(ctx) != nil {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	b.ReportMetric(time.Since(began).Seconds(), "s")
	b.ReportMetric(100*float64(failed.Load())/float64(calls), "%failed")
	b.ReportMetric(float64(connections.Load()), "conns")
}

// BenchmarkTokenSource measures a token that is at hand against the least that it could cost, one atomic load.
func BenchmarkTokenSource(b *testing.B) {
	source := newWorld().source(b, 3600)
	want, err := source.Token(b.Context())
	require.NoError(b, err)
	var pointer atomic.Pointer[roomtokens.ClientToken]
	pointer.Store(want)
	ctx := b.Context()
	b.Run("client=atomic", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if pointer.Load() != want {
					b.Fail()
				}
			}
		})
	})
	b.Run("client=roomtokens", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if token, _ := source.Token(ctx); token != want {
					b.Fail()
				}
			}
		})
	})
}
