package main

import (
	"context"
	"net/http"
	"time"
)

// maxRequestIDBytes bounds a request id of Telnyx's in the log.
const maxRequestIDBytes = 80

// upstream is what one request took of Telnyx, for its line in the log.
type upstream struct {
	since     time.Time // when the first attempt was sent; zero where there was none
	attempts  int
	requestID string // Telnyx's, of the last response
}

type upstreamKey struct{}

func withUpstream(ctx context.Context) (context.Context, *upstream) {
	u := &upstream{}
	return context.WithValue(ctx, upstreamKey{}, u), u
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// noteUpstream is middleware for the client of Telnyx. A bot's calls belong to no request, and are not noted.
func noteUpstream(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		u, ok := r.Context().Value(upstreamKey{}).(*upstream)
		if !ok {
			return next.RoundTrip(r)
		}
		if u.attempts++; u.attempts == 1 {
			u.since = time.Now()
		}
		response, err := next.RoundTrip(r)
		if response != nil {
			id := response.Header.Get("X-Request-Id")
			u.requestID = id[:min(len(id), maxRequestIDBytes)]
		}
		return response, err
	})
}
