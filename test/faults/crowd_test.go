//go:build !race

// Ten thousand goroutines, which share what the tests with few of them share, take ten times as long with the race
// detector.

package faults_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// limited is a server in memory with a limit of requests in each second, which it tells by X-Ratelimit-Reset.
type limited struct {
	ttl    time.Duration // of client tokens
	limit  int
	from   time.Time // on
	enough func()    // is called after each request that is served

	mu              sync.Mutex
	second          time.Time
	requests        int // in that second
	served, refused int
}

// RoundTrip implements http.RoundTripper.
func (l *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	now := time.Now().UTC()
	if !l.take(now) {
		header := http.Header{"X-Ratelimit-Reset": {"1"}}
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: header, Body: http.NoBody, Request: req}, nil
	}
	body := fmt.Sprintf(`{"data":{"token":%q,"token_expires_at":%q,"refresh_token":"r","refresh_token_expires_at":%q}}`,
		uuid.New(), now.Add(l.ttl).Format(time.RFC3339Nano), now.Add(24*time.Hour).Format(time.RFC3339Nano))
	return &http.Response{
		StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

// take reports whether there is room for a request, whoever sends it.
func (l *limited) take(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := now.Truncate(time.Second); !second.Equal(l.second) {
		l.second, l.requests = second, 0
	}
	l.requests++
	if l.requests > l.limit && !now.Before(l.from) {
		l.refused++
		return false
	}
	l.served++
	if l.enough != nil {
		l.enough()
	}
	return true
}

// newLimited returns a server with a limit of requests in each second from some time on, and a client of it.
func newLimited(t *testing.T, ttl time.Duration, limit int, from time.Time) (*limited, *roomtokens.Client) {
	t.Helper()
	server := &limited{ttl: ttl, limit: limit, from: from}
	client, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{Transport: server}))
	require.NoError(t, err)
	return server, client
}

// crowd is many sources of one client, and what became of them.
type crowd struct {
	sync.WaitGroup
	mu      sync.Mutex
	without []time.Duration // for how long each source had no token, of those that once had one and lost it
}

// join has a source begin after a while and be followed until ctx ends.
func (c *crowd) join(ctx context.Context, t *testing.T, client *roomtokens.Client, ttl, after time.Duration) {
	t.Helper()
	source, err := client.TokenSource(uuid.New(), api.CreateRoomClientTokenRequest{TokenTTLSecs: int(ttl / time.Second)})
	require.NoError(t, err)
	c.Go(func() {
		time.Sleep(after)
		without, expires := time.Duration(0), time.Time{}
		for token, err := range source.Tokens(ctx) {
			if err == nil {
				without, expires = without+lost(expires), token.TokenExpiresAt
			}
		}
		if without += lost(expires); without > 0 {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.without = append(c.without, without)
		}
	})
}

// lost returns how long ago a token expired that was to be replaced before.
func lost(expires time.Time) time.Duration {
	if expires.IsZero() {
		return 0
	}
	return max(time.Since(expires), 0)
}

// mean returns for how long a source was without a token, of those that were.
func (c *crowd) mean() time.Duration {
	sum := time.Duration(0)
	for _, d := range c.without {
		sum += d
	}
	return sum / time.Duration(max(len(c.without), 1))
}

// TestCrowd has ten thousand sources begin together. From the second minute on, the server has room for 5.4, 2.7 or 1.6
// times as many requests as they need on average.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const sources, ttl = 10_000, 10 * time.Minute
	for limit, mayRefuse := range map[int]int{100: 0, 50: 1000, 30: 10_000} {
		t.Run(fmt.Sprint(limit, " a second"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := newLimited(t, ttl, limit, time.Now().Add(time.Minute))
				ctx, cancel := context.WithTimeout(t.Context(), 12*time.Minute)
				defer cancel()
				var all crowd
				for i := range sources {
					all.join(ctx, t, client, ttl, time.Duration(i)*time.Second/sources)
				}
				all.Wait()
				time.Sleep(2 * time.Minute) // until the last fetches have ended
				t.Logf("%d gaps, %d tokens, %d requests refused", len(all.without), server.served, server.refused)
				require.Empty(t, all.without)
				require.LessOrEqual(t, server.refused, mayRefuse)
			})
		})
	}
}

// TestColdStart has ten thousand sources begin together at a server with room for a hundred a second.
func TestColdStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sources, ttl = 10_000, 10 * time.Minute
		began := time.Now()
		server, client := newLimited(t, ttl, 100, began)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		server.enough = func() {
			if server.served == sources {
				cancel()
			}
		}
		var all crowd
		for range sources {
			all.join(ctx, t, client, ttl, 0)
		}
		all.Wait()
		took := time.Since(began)
		time.Sleep(2 * time.Minute) // until the last fetches have ended
		t.Logf("%v, %d requests refused", took, server.refused)
		require.LessOrEqual(t, took, 127*time.Second)
		require.LessOrEqual(t, server.refused, 170_717)
	})
}

// TestStorm has fifty sources of tokens for a minute beside another process that sends five times as many requests as
// the server has room for.
func TestStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sources, ttl, length = 50, time.Minute, 6 * time.Minute
		server, client := newLimited(t, ttl, 20, time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		var all crowd
		for i := range sources {
			all.join(ctx, t, client, ttl, time.Duration(i)*time.Minute/sources)
		}
		all.Go(func() {
			time.Sleep(time.Minute)
			for ctx.Err() == nil {
				time.Sleep(time.Duration(rand.ExpFloat64() * float64(10*time.Millisecond)))
				server.take(time.Now())
			}
		})
		all.Wait()
		time.Sleep(2 * time.Minute) // until the last fetches have ended
		t.Logf("%d of %d without a token, for %v on average", len(all.without), sources, all.mean())
		require.LessOrEqual(t, len(all.without), 6)
		require.LessOrEqual(t, all.mean(), 10*time.Second)
	})
}

// TestSlowServer is not a failing one: where an operation takes three seconds, nobody is without a token, nor where
// refresh never responds.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	for name, refreshTakes := range map[string]time.Duration{"both slow": 3 * time.Second, "refresh hangs": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &limited{ttl: time.Minute, limit: 1, from: time.Now().Add(time.Hour * 1000)}
				transport := roundTrip(func(req *http.Request) (*http.Response, error) {
					takes := 3 * time.Second
					if strings.HasSuffix(req.URL.Path, "/refresh_client_token") {
						takes = refreshTakes
					}
					select {
					case <-time.After(takes):
						return server.RoundTrip(req)
					case <-req.Context().Done():
						return nil, req.Context().Err()
					}
				})
				client, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{Transport: transport}))
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				var all crowd
				for range 50 {
					all.join(ctx, t, client, time.Minute, 0)
				}
				all.Wait()
				time.Sleep(2 * time.Minute) // until the last fetches have ended
				require.Empty(t, all.without)
			})
		})
	}
}
