package roomtokens

import (
	"errors"
	"math"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

const (
	// After a failure an operation pauses, at random, for half of a bound up to the whole, which doubles from minPause to
	// maxPause.
	minPause = time.Second
	maxPause = 30 * time.Second
	// maxServerPause is the longest pause that a server can ask for.
	maxServerPause = 5 * time.Minute

	// minFetchInterval is the least time between a token's arrival and the next fetch, whoever invalidates the token.
	minFetchInterval = time.Second
)

// schedule decides what a TokenSource fetches, and when. It has no lock, no goroutine and no clock.
type schedule struct {
	keyless                   bool        // so that no token can be created
	current                   cachedToken // the latest token, valid or not
	refreshPause, createPause pause
	notBefore                 time.Time // when the next fetch may begin
}

// untilFetch returns how long it is until the next fetch is due.
func (s *schedule) untilFetch(now time.Time) time.Duration {
	return max(s.current.fresh.left(now), s.notBefore.Sub(now), min(s.untilRefresh(now), s.untilCreate(now)))
}

// operation returns what a fetch that is due begins with.
func (s *schedule) operation(now time.Time) api.Operation {
	if s.untilRefresh(now) <= 0 {
		return api.OperationRefreshRoomClientToken
	}
	return api.OperationCreateRoomClientToken
}

// untilRefresh returns how long it is until a refresh may be tried. It is never where the refresh token has expired,
// nor at the end of a token's life if one has failed already: there is only time for a create then.
func (s *schedule) untilRefresh(now time.Time) time.Duration {
	onlyCreate := s.refreshPause.failures > 0 && s.current.valid.left(now) > 0 && s.untilCreate(now) <= 0
	if s.current.refresh.left(now) == 0 || onlyCreate {
		return math.MaxInt64
	}
	return s.refreshPause.until.Sub(now)
}

// untilCreate returns how long it is until a create may be tried: not before the refresh token has expired or, where
// there is an API key, the token is in the end of its life.
func (s *schedule) untilCreate(now time.Time) time.Duration {
	needed := s.current.refresh.left(now)
	if !s.keyless {
		needed = min(needed, s.current.unhurried.left(now))
	}
	return max(needed, s.createPause.until.Sub(now))
}

// refreshTimeout returns how long a refresh may take in a fetch that is given fetchTimeout: it leaves time for a create
// before the token expires.
func (s *schedule) refreshTimeout(now time.Time, fetchTimeout time.Duration) time.Duration {
	if valid := s.current.valid.left(now); valid > 0 {
		return min(fetchTimeout/2, max(s.current.unhurried.left(now), valid/2))
	}
	return fetchTimeout / 2
}

// succeeded takes a new token over.
func (s *schedule) succeeded(now time.Time, next cachedToken) {
	s.current, s.notBefore = next, now.Add(minFetchInterval)
	s.refreshPause.failures, s.createPause.failures = 0, 0
}

// failed has an operation pause. A refresh token that the server will not accept again is dropped where another can be
// created; without an API key there is nothing but to try again.
func (s *schedule) failed(now time.Time, operation api.Operation, err error) {
	if operation != api.OperationRefreshRoomClientToken {
		s.createPause.extend(now, err, s.current.valid.left(now))
		return
	}
	s.refreshPause.extend(now, err, s.current.valid.left(now))
	if isRefused(err) && !s.keyless {
		s.current.refresh = lifetime{}
	}
}

// invalidated drops the current token, but not its refresh token.
func (s *schedule) invalidated() {
	s.current = cachedToken{token: s.current.token, refresh: s.current.refresh}
}

// pause is for how long an operation is not called after it has failed.
type pause struct {
	until    time.Time
	failures int // since the source's last success
}

// extend begins a pause that grows with the failures. It ends when the token does, of which valid is left, but not
// before the server's Retry-After.
func (p *pause) extend(now time.Time, err error, valid time.Duration) {
	wait := exchange.Backoff(minPause, p.failures, maxPause)
	if valid > 0 {
		wait = min(wait, valid)
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, min(failed.RetryAfter, maxServerPause))
	}
	p.until = now.Add(wait)
	p.failures++
}
