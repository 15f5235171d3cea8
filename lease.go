package roomtokens

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// A token is renewed this part of its lifetime before its end, but no earlier than maxEarly.
	earlyPart = 10
	maxEarly  = time.Minute

	// After a failure the next fetch waits for at least half of a bound that doubles from firstPause to maxPause.
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// lease is a token and how long it serves, by the monotonic clock of this machine.
type lease struct {
	token        *ClientToken
	renewAt      time.Time
	endsAt       time.Time
	refreshUntil time.Time // when the refresh token ends
}

// newLease is of a token that came with resp, received just now.
func newLease(token *ClientToken, resp *http.Response, received time.Time) (*lease, error) {
	span, err := lifetime(token.TokenExpiresAt, resp, received, MaxTokenTTLSecs)
	if err != nil {
		return nil, err
	}
	endsAt := sentAt(resp).Add(span)
	if !received.Before(endsAt) {
		return nil, fmt.Errorf("%w: the token ended before it arrived", ErrInvalidResponse)
	}
	early := min(span/earlyPart, maxEarly)
	return &lease{token: token, renewAt: endsAt.Add(-early + rand.N(early/2+1)), endsAt: endsAt}, nil
}

// sentAt is where a lifetime is counted from: the server cannot have issued the token before it was asked.
func sentAt(resp *http.Response) time.Time { return resp.Body.(*answer).sent }

// lifetime is how long a token that ends at expiresAt has to live, by the server's clock where the answer tells it. The
// Date header leaves out the fraction of its second, which is taken to have been a whole one, and it may be a second older
// than the token.
func lifetime(expiresAt time.Time, resp *http.Response, received time.Time, maxSecs int) (time.Duration, error) {
	if expiresAt.IsZero() {
		return 0, fmt.Errorf("%w: the token's end is missing", ErrInvalidResponse)
	}
	now := received
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = date.Add(time.Second)
	}
	span := expiresAt.Sub(now)
	if span <= 0 || span >= time.Duration(maxSecs+1)*time.Second {
		return 0, fmt.Errorf("%w: the token's lifetime is %v, must be up to %d s", ErrInvalidResponse, span, maxSecs)
	}
	return span, nil
}

// pause is how long to wait after a failure that came after so many others.
func pause(failures int) time.Duration {
	bound := doubled(firstPause, failures, maxPause)
	return bound/2 + rand.N(bound/2)
}
