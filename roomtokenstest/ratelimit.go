package roomtokenstest

import (
	"net/http"
	"strconv"
	"time"
)

// limiter counts requests in windows of time.
type limiter struct {
	limit  int
	window time.Duration
	begins time.Time
	used   int
}

// rateLimit is the state of the window after a request.
type rateLimit struct {
	limit     int
	remaining int
	reset     time.Duration
	refused   bool
}

// count puts a request into a window.
func (l *limiter) count(now time.Time) rateLimit {
	if now.Before(l.begins) || now.Sub(l.begins) >= l.window { // a bubble of synctest begins in the year 2000
		l.begins, l.used = now, 0
	}
	l.used++
	return rateLimit{
		limit:     l.limit,
		remaining: max(l.limit-l.used, 0),
		reset:     l.begins.Add(l.window).Sub(now),
		refused:   l.used > l.limit,
	}
}

// exhausted is r as a fault's 429 shows it. The window ends when the fault does, unless until is zero.
func (r rateLimit) exhausted(until, now time.Time) rateLimit {
	r.remaining = 0
	if !until.IsZero() {
		r.reset = until.Sub(now)
	}
	return r
}

// addTo sets the headers. Seconds are rounded up, so that a client that waits for them is in the next window.
func (r rateLimit) addTo(h http.Header) {
	h.Set("X-Ratelimit-Limit", strconv.Itoa(r.limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(ceilSeconds(r.reset)))
}

func ceilSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
