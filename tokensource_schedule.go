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
	// maxPause or, after a 429, to maxRateLimitPause: shorter, so that the last of many who begin together do not wait
	// while the server has nothing to do.
	minPause          = time.Second
	maxPause          = 30 * time.Second
	maxRateLimitPause = 16 * time.Second
	// maxServerPause is the longest pause that a server can ask for.
	maxServerPause = 5 * time.Minute
	// A source whose token expired less than lateRenewal ago still takes its turn beside others as one that renews.
	lateRenewal = 30 * time.Second

	// earlyRefusal is the age until which a room's refusal of a token speaks against the operation that gave it.
	earlyRefusal = 10 * time.Second
	// minFetchInterval is the least time between a token's arrival and the next fetch, whoever invalidates the token.
	minFetchInterval = time.Second
)

// schedule decides what a TokenSource fetches, and when. It has no lock, no goroutine and no clock.
type schedule struct {
	keyless                   bool        // so that no token can be created
	current                   cachedToken // the latest token, valid or not
	from                      api.Operation
	came                      time.Time
	refreshPause, createPause pause
}

// pause is for how long an operation is not called after it has failed.
type pause struct {
	until    time.Time
	failures int // since the source's last success
	before   int // failures until then
}

// begin does not make a pause shorter that goes on.
func (p *pause) begin(now time.Time, length time.Duration) {
	if until := now.Add(length); until.After(p.until) {
		p.until = until
	}
	p.failures++
}

// reset is called when the source has succeeded, and unreset when that is found to have been none.
func (p *pause) reset()   { p.before, p.failures = p.failures, 0 }
func (p *pause) unreset() { p.before, p.failures = 0, p.before+p.failures }

func (s *schedule) pauseOf(operation api.Operation) *pause {
	if operation == api.OperationRefreshRoomClientToken {
		return &s.refreshPause
	}
	return &s.createPause
}

// untilFetch returns how long it is until the next fetch is due.
func (s *schedule) untilFetch(now time.Time) time.Duration {
	return max(s.current.fresh.left(now), s.came.Add(minFetchInterval).Sub(now),
		min(s.untilRefresh(now), s.untilCreate(now)))
}

// operation returns what a fetch that is due begins with: a refresh, if that may be tried, unless an earlier one is
// stuck and a create may be tried in its place.
func (s *schedule) operation(now time.Time, stuck api.Operation) api.Operation {
	mayCreate := !s.keyless && !now.Before(s.createPause.until)
	if s.untilRefresh(now) > 0 || stuck == api.OperationRefreshRoomClientToken && mayCreate {
		return api.OperationCreateRoomClientToken
	}
	return api.OperationRefreshRoomClientToken
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

// timeout returns how long an operation may take in a fetch that is given fetchTimeout. A refresh leaves time for a
// create, and where a token is valid, for one before that expires.
func (s *schedule) timeout(now time.Time, operation api.Operation, fetchTimeout time.Duration) time.Duration {
	if operation != api.OperationRefreshRoomClientToken {
		return fetchTimeout
	}
	if valid := s.current.valid.left(now); valid > 0 {
		return min(fetchTimeout/2, max(s.current.unhurried.left(now), valid/2))
	}
	return fetchTimeout / 2
}

// retriesRateLimit reports whether a fetch is to retry a 429 by itself: while callers wait for a token, unless the
// operation has failed already. Otherwise the pause that follows is the wait.
func (s *schedule) retriesRateLimit(now time.Time, operation api.Operation) bool {
	return s.current.valid.left(now) == 0 && s.pauseOf(operation).failures == 0
}

// succeeded takes a token over that an operation has given.
func (s *schedule) succeeded(now time.Time, operation api.Operation, next cachedToken) {
	if s.current.valid.left(now) == 0 {
		next.spread(now)
	}
	s.current, s.from, s.came = next, operation, now
	s.refreshPause.reset()
	s.createPause.reset()
}

// failed has an operation pause. A refresh token that the server will not accept again is dropped where another can be
// created; without an API key there is nothing but to try again.
func (s *schedule) failed(now time.Time, operation api.Operation, err error) {
	p := s.pauseOf(operation)
	p.begin(now, s.pauseAfter(now, p.failures, err))
	if operation == api.OperationRefreshRoomClientToken && isRefused(err) && !s.keyless {
		s.current.refresh = lifetime{}
	}
}

// pauseAfter returns how long the pause after another failure is. It grows with the failures and ends when the token
// does, but not before the server's Retry-After, to which up to a quarter is added at random. A 429 while a token is
// renewed has it grow no further: the server says when it has room, and whoever keeps asking finds it.
func (s *schedule) pauseAfter(now time.Time, failures int, err error) time.Duration {
	limit := maxPause
	asked := time.Duration(0)
	if failed, ok := errors.AsType[*Error](err); ok {
		asked = min(failed.RetryAfter, maxServerPause)
		asked += randomUpTo(asked / 4)
	}
	if errors.Is(err, ErrRateLimited) {
		if asked > 0 && s.isRenewing(now) {
			return asked
		}
		limit = maxRateLimitPause
	}
	wait := exchange.Backoff(minPause, failures, limit)
	if valid := s.current.valid.left(now); valid > 0 {
		wait = min(wait, valid)
	}
	return max(wait, asked)
}

func (s *schedule) isRenewing(now time.Time) bool {
	return s.current.token != nil && now.Sub(s.current.valid.end) < lateRenewal
}

// invalidated drops the current token, but not its refresh token. One that came less than earlyRefusal ago counts as a
// failure of the operation that gave it, and resets no failures.
func (s *schedule) invalidated(now time.Time) {
	s.current = cachedToken{token: s.current.token, refresh: s.current.refresh}
	if s.from == "" || now.Sub(s.came) >= earlyRefusal {
		return
	}
	s.refreshPause.unreset()
	s.createPause.unreset()
	p := s.pauseOf(s.from)
	p.begin(now, s.pauseAfter(now, p.failures+1, nil)) // over minFetchInterval, so that the other operation takes its turn
}
