package roomtokens

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

const (
	// A token is renewed this fraction of its lifetime before it expires, but at least minLead and at most maxLead before,
	// and no more than half of its lifetime. Half of that time, at most, goes by at random.
	leadFraction = 10
	minLead      = 20 * time.Second
	maxLead      = time.Minute
	// In this fraction of that time, the last, it is created if no refresh has succeeded.
	createFraction = 4
	// A token that replaces no valid one is renewed at the earliest when this fraction of its lifetime is over.
	spreadFraction = 3
)

// cachedToken is a token, and for how long it is fresh (not yet to be renewed), unhurried (not yet to be replaced by a
// create where refresh fails), valid, and can be refreshed.
type cachedToken struct {
	token                            *ClientToken
	fresh, unhurried, valid, refresh lifetime
}

// newCachedToken returns a token that lives from start on, and its refresh token, if it has one.
func newCachedToken(token *ClientToken, start time.Time, length, refreshLength time.Duration) cachedToken {
	length = max(length, 0)
	lead := min(max(length/leadFraction, minLead), length/2, maxLead)
	cached := cachedToken{
		token:     token,
		fresh:     newLifetime(start, length-lead+randomUpTo(lead/2)),
		unhurried: newLifetime(start, length-lead/createFraction),
		valid:     newLifetime(start, length),
	}
	if token.RefreshToken != "" {
		cached.refresh = newLifetime(start, refreshLength)
	}
	return cached
}

// spread has a token renewed at a random time from a third of what is left of its life on: many sources that got one
// together, as they started or after an outage, would meet again. The tokens after this one keep their distance.
func (c *cachedToken) spread(now time.Time) {
	earliest, usual := c.valid.left(now)/spreadFraction, c.fresh.left(now)
	if earliest < usual {
		c.fresh = newLifetime(now, earliest+randomUpTo(usual-earliest))
	}
}

// receivedToken returns a token that came with a result and was asked for with params. Its lifetimes start when it was
// asked for.
func receivedToken(
	token *ClientToken, result *exchange.Result, params *api.CreateRoomClientTokenRequest,
) (cachedToken, error) {
	if token.TokenExpiresAt.IsZero() {
		return cachedToken{}, invalidResponse(result, "the token's expiry is missing")
	}
	asked := cmp.Or(params.TokenTTLSecs, api.CreateRoomClientTokenRequestTokenTTLSecsDefault)
	refreshAsked := cmp.Or(params.RefreshTokenTTLSecs, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault)
	received := newCachedToken(token, result.SentAt,
		lifetimeOf(token.TokenExpiresAt, result, asked), lifetimeOf(token.RefreshTokenExpiresAt, result, refreshAsked))
	if received.valid.left(result.ReceivedAt) == 0 {
		return cachedToken{}, invalidResponse(result, "the token had expired when it arrived")
	}
	return received, nil
}

// lifetimeOf returns how long what expires at expiresAt lives, by the server's clock where its Date tells that. It is
// no longer than was asked for; a token that is over as it comes shows that two clocks disagree, and what was asked for
// counts.
//
// Date has whole seconds. Its second is taken to be over, so that no lifetime is too long.
func lifetimeOf(expiresAt time.Time, result *exchange.Result, askedSecs int) time.Duration {
	now := result.ReceivedAt
	if date, err := http.ParseTime(result.Header().Get("Date")); err == nil {
		now = date.Add(time.Second)
	}
	asked := time.Duration(askedSecs) * time.Second
	if length := expiresAt.Sub(now); 0 < length && length < asked {
		return length
	}
	return asked
}

// storedToken returns a token that came without a Date: the wall clock tells how long it lives.
func storedToken(token ClientToken, now time.Time) cachedToken {
	return newCachedToken(&token, now, token.TokenExpiresAt.Sub(now), token.RefreshTokenExpiresAt.Sub(now))
}

// lifetime ends by the monotonic clock or by the wall clock, whichever is first: the one may stand still while a
// computer sleeps, and the other may be set back. The zero lifetime is over.
type lifetime struct{ end, wallEnd time.Time }

func newLifetime(start time.Time, length time.Duration) lifetime {
	end := start.Add(length)
	return lifetime{end: end, wallEnd: end.Round(0)}
}

// left returns how long l lasts from now on; zero where it is over.
func (l lifetime) left(now time.Time) time.Duration {
	return max(min(l.end.Sub(now), l.wallEnd.Sub(now)), 0)
}

// randomUpTo returns a random duration from zero to d.
func randomUpTo(d time.Duration) time.Duration { return rand.N(d + 1) }
