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

// rateLimit is what a request is told about the window that it fell into.
type rateLimit struct {
	limit     int
	remaining int
	reset     time.Duration
	refused   bool
}

// count puts a request into a window.
func (l *limiter) count(now time.Time) rateLimit {
	if now.Before(l.begins) || now.Sub(l.begins) >= l.window { // time may run backwards into a bubble of synctest
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

// exhausted is r for a scripted refusal, which lasts until an instant where that is not zero.
func (r rateLimit) exhausted(until, now time.Time) rateLimit {
	r.remaining = 0
	if !until.IsZero() {
		r.reset = until.Sub(now)
	}
	return r
}

// addTo writes the headers. Seconds are rounded up: whoever waits for them finds the next window.
func (r rateLimit) addTo(h http.Header) {
	h.Set("X-Ratelimit-Limit", strconv.Itoa(r.limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(ceilSeconds(r.reset)))
}

func ceilSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
