package roomtokens

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// A token is renewed this fraction of its lifetime before it expires, but at most maxRefreshLead before.
	refreshFraction = 10
	maxRefreshLead  = time.Minute
)

// cachedToken is a token, and for how long it is fresh (not yet to be renewed), valid, and can be refreshed.
type cachedToken struct {
	token                 *ClientToken
	fresh, valid, refresh lifetime
}

// newCachedToken returns the token that came with resp, for maxSecs seconds at most.
func newCachedToken(token *ClientToken, resp *response, maxSecs int) (cachedToken, error) {
	valid, err := newLifetime(token.TokenExpiresAt, resp, maxSecs)
	if err != nil {
		return cachedToken{}, err
	}
	lead := min(valid.length/refreshFraction, maxRefreshLead)
	fresh := lifetime{start: valid.start, length: valid.length - lead + randomUpTo(lead/2)}
	return cachedToken{token: token, fresh: fresh, valid: valid}, nil
}

// lifetime is a length of time from an instant on. The zero lifetime is over.
type lifetime struct {
	start  time.Time
	length time.Duration
}

// newLifetime returns how long a token that expires at expiresAt lives, by the server's clock where its Date tells
// that, and at most maxSecs: a server's clocks differ by a second or two. It starts when the token was asked for.
//
// Date leaves out the fraction of its second, which is taken to have been a whole one.
func newLifetime(expiresAt time.Time, resp *response, maxSecs int) (lifetime, error) {
	if expiresAt.IsZero() {
		return lifetime{}, fmt.Errorf("%w: the token's expiry is missing", ErrInvalidResponse)
	}
	now := resp.receivedAt
	if date, err := http.ParseTime(resp.header().Get("Date")); err == nil {
		now = date.Add(time.Second)
	}
	l := lifetime{start: resp.sentAt, length: min(expiresAt.Sub(now), time.Duration(maxSecs)*time.Second)}
	if !l.contains(resp.receivedAt) {
		return lifetime{}, fmt.Errorf("%w: the token had expired when it arrived", ErrInvalidResponse)
	}
	return l, nil
}

// contains reports whether l lasts at now. It is over when the monotonic clock or the wall clock says so: the first may
// stand still while a computer sleeps, and the second may be set back.
func (l lifetime) contains(now time.Time) bool {
	return now.Sub(l.start) < l.length && now.Round(0).Sub(l.start.Round(0)) < l.length
}

// randomUpTo returns a random duration from zero to d.
func randomUpTo(d time.Duration) time.Duration { return rand.N(d + 1) }
