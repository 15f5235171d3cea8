package roomtokens

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// untilFetch returns how long it is until the next fetch is due. The caller holds s.mu, here and in the next two.
func (s *TokenSource) untilFetch(now time.Time) time.Duration {
	return max(s.current.fresh.left(now), s.notBefore.Sub(now), min(s.untilRefresh(now), s.untilCreate(now)))
}

// untilRefresh returns how long it is until a refresh may be tried. It is never where the refresh token has expired,
// nor at the end of a token's life if one has failed already: there is only time for a create then.
func (s *TokenSource) untilRefresh(now time.Time) time.Duration {
	onlyCreate := s.refreshPause.failures > 0 && s.current.valid.left(now) > 0 && s.untilCreate(now) <= 0
	if s.current.refresh.left(now) == 0 || onlyCreate {
		return math.MaxInt64
	}
	return s.refreshPause.until.Sub(now)
}

// untilCreate returns how long it is until a create may be tried: not before the refresh token has expired or, where
// there is an API key, the token is in the end of its life.
func (s *TokenSource) untilCreate(now time.Time) time.Duration {
	needed := s.current.refresh.left(now)
	if !s.keyless() {
		needed = min(needed, s.current.unhurried.left(now))
	}
	return max(needed, s.createPause.until.Sub(now))
}

// pause is for how long an operation is not called after it has failed.
type pause struct {
	until    time.Time
	failures int // since the source's last success
}

// extend begins a pause that grows with the failures. It ends when the token does, of which valid is left, but not
// before the server's Retry-After.
func (p *pause) extend(err error, valid time.Duration) {
	bound := exchange.Backoff(minPause, p.failures, maxPause)
	wait := bound/2 + randomUpTo(bound/2)
	if valid > 0 {
		wait = min(wait, valid)
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, min(failed.RetryAfter, maxPause))
	}
	p.until = time.Now().Add(wait)
	p.failures++
}

// fetch refreshes the token, or creates one: at once, or after a failed refresh if it is time for that.
func (s *TokenSource) fetch(refresh bool) {
	defer s.finish()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	if refresh && (s.try(ctx, api.OperationRefreshRoomClientToken, &s.refreshPause, s.refresh) || !s.isCreateDue()) {
		return
	}
	s.try(ctx, api.OperationCreateRoomClientToken, &s.createPause, s.create)
}

func (s *TokenSource) isCreateDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.untilCreate(time.Now()) <= 0
}

// errGoexit is the error of an operation in which a transport, an editor or a key function ended the goroutine.
var errGoexit = errors.New("the goroutine of the fetch was ended by runtime.Goexit")

// try runs an operation to its end, which may be a panic or runtime.Goexit.
func (s *TokenSource) try(
	ctx context.Context, operation api.Operation, p *pause, run func(context.Context) (cachedToken, error),
) (ok bool) {
	var next cachedToken
	err := wrapError(operation, errGoexit)
	defer s.record(operation, p, &next, &err)
	next, err = run(ctx)
	return err == nil
}

func (s *TokenSource) record(operation api.Operation, p *pause, next *cachedToken, err *error) {
	if value := recover(); value != nil {
		*err = wrapError(operation, &PanicError{Value: value, Stack: debug.Stack()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, FetchEvent{Operation: operation, Err: *err})
	if *err != nil {
		p.extend(*err, s.current.valid.left(time.Now()))
		return
	}
	s.current, s.notBefore = *next, time.Now().Add(minFetchInterval)
	s.refreshPause.failures, s.createPause.failures = 0, 0
}

// finish tells whoever waits for the fetch that it has ended, and then the observer.
func (s *TokenSource) finish() {
	s.mu.Lock()
	events := s.events
	last := &events[len(events)-1]
	last.Wait = max(s.untilFetch(time.Now()), 0)
	s.lastErr, s.running, s.events = last.Err, false, nil
	s.fetches++
	s.notify()
	s.mu.Unlock()

	s.observing.Lock()
	defer s.observing.Unlock()
	for _, event := range events {
		s.observe(event)
	}
}

func (s *TokenSource) create(ctx context.Context) (cachedToken, error) {
	if s.keyless() {
		const operation = api.OperationCreateRoomClientToken
		return cachedToken{}, wrapError(operation, &InvalidRequestError{
			Operation: operation, Reason: "the refresh token has expired, and there is no API key to create another",
		})
	}
	token, result, err := s.client.create(ctx, s.roomID, *s.params, nil)
	if err != nil {
		return cachedToken{}, err
	}
	return receivedToken(token, result, s.params)
}

func (s *TokenSource) refresh(ctx context.Context) (cachedToken, error) {
	old, limit := s.toRefresh()
	token := *old.token
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	refreshed, result, err := s.client.refresh(ctx, s.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: token.RefreshToken, TokenTTLSecs: s.params.TokenTTLSecs,
	}, nil)
	switch {
	case isRefused(err):
		return cachedToken{}, s.refused(err)
	case err != nil:
		return cachedToken{}, err
	case refreshed.Token == token.Token:
		return cachedToken{}, invalidResponse(result, "the token is the one that was to be replaced")
	}
	token.Token, token.TokenExpiresAt = refreshed.Token, refreshed.TokenExpiresAt
	next, err := receivedToken(&token, result, s.params)
	next.refresh = old.refresh
	return next, err
}

// toRefresh returns the token to refresh, and how long that may take: it leaves time for a create before the token
// expires.
func (s *TokenSource) toRefresh() (cachedToken, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, limit := time.Now(), s.timeout/2
	if valid := s.current.valid.left(now); valid > 0 {
		limit = min(limit, max(s.current.unhurried.left(now), valid/2))
	}
	return s.current, limit
}

// isRefused reports that the server will not accept the refresh token again, whatever its lifetime.
func isRefused(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch refusal.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// refused drops the refresh token, so that a token is created. Without an API key there is nothing but to try again.
func (s *TokenSource) refused(err error) error {
	if s.keyless() {
		return fmt.Errorf("%w; there is no API key to create another token", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.refresh = lifetime{}
	return err
}

// PanicError is a panic of a key function, a request editor or an [http.RoundTripper] in a fetch of a [TokenSource]. It
// is returned as an error, since in the goroutine of a fetch it would end the process.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as [debug.Stack] formats it
}

// Error returns one line of at most 300 bytes, without what looks like a JWT.
func (e *PanicError) Error() string {
	return oneLine(redactCredentials(fmt.Sprintf("panic: %v", e.Value)), maxErrorTextBytes)
}
