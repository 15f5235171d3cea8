package roomtokens

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// burst sends n requests at once.
func burst(t *testing.T, transport http.RoundTripper, n int) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.test", nil)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = transport.RoundTrip(req)
		})
	}
	group.Wait()
}

func TestColdStart(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		first func(*http.Request) (*http.Response, error)
		held  time.Duration // for which the others wait
	}{
		"answers in 300 ms": {func(*http.Request) (*http.Response, error) {
			time.Sleep(300 * time.Millisecond)
			return &http.Response{}, nil
		}, 300 * time.Millisecond},
		"fails in 20 ms": {func(*http.Request) (*http.Response, error) {
			time.Sleep(20 * time.Millisecond)
			return nil, errors.New("refused")
		}, 20 * time.Millisecond},
		"stalls": {func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Minute)
			return nil, errors.New("stalled")
		}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var requests atomic.Int64
				transport := newColdStart(roundTripFunc(func(req *http.Request) (*http.Response, error) {
					if requests.Add(1) == 1 {
						require.Zero(t, time.Since(began), "the first request is not delayed")
						return row.first(req)
					}
					require.Equal(t, row.held, time.Since(began))
					return &http.Response{}, nil
				}))
				burst(t, transport, 128)
				require.EqualValues(t, 128, requests.Load())
			})
		})
	}
}

func TestColdStartAgainAfterIdleness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := newColdStart(roundTripFunc(func(*http.Request) (*http.Response, error) {
			time.Sleep(100 * time.Millisecond)
			return &http.Response{}, nil
		}))
		for _, row := range []struct{ idle, takes time.Duration }{
			{0, 200 * time.Millisecond}, // one request goes ahead
			{70 * time.Second, 100 * time.Millisecond},
			{70 * time.Second, 100 * time.Millisecond},
			{idleTimeout, 200 * time.Millisecond},
		} {
			time.Sleep(row.idle)
			began := time.Now()
			burst(t, transport, 64)
			require.Equal(t, row.takes, time.Since(began))
		}
	})
}

// TestColdStartStalledOnce has one request stall for good while all others are answered at once.
func TestColdStartStalledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		transport := newColdStart(roundTripFunc(func(*http.Request) (*http.Response, error) {
			if requests.Add(1) == 1 {
				time.Sleep(time.Minute)
			}
			return &http.Response{}, nil
		}))
		var stalled sync.WaitGroup
		stalled.Go(func() { burst(t, transport, 1) })
		synctest.Wait()
		began := time.Now()
		for range 15 {
			burst(t, transport, 1)
		}
		require.Equal(t, time.Second, time.Since(began), "only one of them waited")
		stalled.Wait()
	})
}

func TestColdStartLeavesWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := newColdStart(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		began := time.Now()
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://example.test", nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = transport.RoundTrip(req)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		require.Equal(t, 10*time.Millisecond, time.Since(began))
	})
}
