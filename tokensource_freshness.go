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
	// A token is renewed this fraction of its lifetime before it expires, but at most maxRefreshLead before.
	refreshFraction = 10
	maxRefreshLead  = time.Minute
	// In this fraction of that time, the last, it is created if no refresh has succeeded.
	createFraction = 4
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
	lead := min(length/refreshFraction, maxRefreshLead)
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

// receivedToken returns a token that came with a result and was asked for with params. Its lifetimes start when it was
// asked for.
func receivedToken(
	token *ClientToken, result *exchange.Result, params *api.CreateRoomClientTokenRequest,
) (cachedToken, error) {
	if token.TokenExpiresAt.IsZero() {
		return cachedToken{}, invalidResponse(result, "the token's expiry is missing")
	}
	maxSecs := cmp.Or(params.TokenTTLSecs, api.CreateRoomClientTokenRequestTokenTTLSecsMax)
	refreshMaxSecs := cmp.Or(params.RefreshTokenTTLSecs, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax)
	received := newCachedToken(token, result.SentAt,
		timeLeft(token.TokenExpiresAt, result, maxSecs), timeLeft(token.RefreshTokenExpiresAt, result, refreshMaxSecs))
	if received.valid.left(result.ReceivedAt) == 0 {
		return cachedToken{}, invalidResponse(result, "the token had expired when it arrived")
	}
	return received, nil
}

// timeLeft returns how long what expires at expiresAt lives from then on, by the server's clock where its Date tells
// that. It is at most maxSecs, since the clocks of a server's machines may differ by a second or two.
//
// Date has whole seconds. Its second is taken to be over, so that no lifetime is too long.
func timeLeft(expiresAt time.Time, result *exchange.Result, maxSecs int) time.Duration {
	now := result.ReceivedAt
	if date, err := http.ParseTime(result.Header().Get("Date")); err == nil {
		now = date.Add(time.Second)
	}
	return min(expiresAt.Sub(now), time.Duration(maxSecs)*time.Second)
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
