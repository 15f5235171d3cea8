package roomtokens

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// coldAfter is less than what the transport keeps an idle connection for.
	coldAfter = idleTimeout - 10*time.Second
	// maxColdWait is long enough for a first answer from across the world, unless a packet is lost.
	maxColdWait = time.Second
)

// coldStart is an http.RoundTripper that lets one request ahead where there is no connection yet. A transport learns only
// from a connection that its server speaks HTTP/2, and how many requests at once it takes; until then it dials once for each
// request, and a burst of requests at start-up would open as many connections, of which one is needed.
//
// The request ahead is not delayed. The others wait until it has been answered, has failed, or has taken maxColdWait.
type coldStart struct {
	base      http.RoundTripper
	born      time.Time
	warmUntil atomic.Int64 // since born

	mu    sync.Mutex
	ahead chan struct{} // closed, and nil, when the others may go; nil where no request is ahead
}

func newColdStart(base http.RoundTripper) *coldStart {
	return &coldStart{base: base, born: time.Now()}
}

// RoundTrip implements http.RoundTripper.
func (c *coldStart) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.isWarm() {
		return c.base.RoundTrip(req)
	}
	ahead, first := c.enter()
	if !first {
		select {
		case <-ahead:
		case <-req.Context().Done():
		case <-time.After(maxColdWait):
			c.letGo(ahead)
		}
		return c.base.RoundTrip(req)
	}
	defer c.letGo(ahead)
	return c.base.RoundTrip(req)
}

// isWarm reports whether a connection is likely to be there. Each request that finds it so keeps it so.
func (c *coldStart) isWarm() bool {
	now := int64(time.Since(c.born))
	until := c.warmUntil.Load()
	if now >= until {
		return false
	}
	// Once a second is enough, and keeps the processors from contending for the counter.
	if renewed := now + int64(coldAfter); renewed-until > int64(time.Second) {
		c.warmUntil.Store(renewed)
	}
	return true
}

// enter returns the channel to wait for, and whether this request is the one that goes ahead.
func (c *coldStart) enter() (ahead chan struct{}, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead == nil {
		c.ahead = make(chan struct{})
		return c.ahead, true
	}
	return c.ahead, false
}

// letGo lets all others go, now and later, unless somebody has let them go before.
func (c *coldStart) letGo(ahead chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead != ahead {
		return
	}
	c.warmUntil.Store(int64(time.Since(c.born) + coldAfter))
	close(ahead)
	c.ahead = nil
}
