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
)

// untilFetch returns how long it is until the next fetch is due. The caller holds s.mu, here and in the next two.
func (s *TokenSource) untilFetch(now time.Time) time.Duration {
	return max(s.current.fresh.left(now), s.notBefore.Sub(now), min(s.untilRefresh(now), s.untilCreate(now)))
}

// untilRefresh returns how long it is until a refresh is due: never where the refresh token has expired, nor where the
// token is about to expire and a refresh of it has failed, so that it is time to create one.
func (s *TokenSource) untilRefresh(now time.Time) time.Duration {
	expiring := s.refreshing.failures > 0 && s.current.valid.left(now) > 0 && s.untilCreate(now) <= 0
	if s.current.refresh.left(now) == 0 || expiring {
		return math.MaxInt64
	}
	return s.refreshing.pausedUntil.Sub(now)
}

// untilCreate returns how long it is until a token has to be created: when the current one cannot be refreshed any
// longer, or when it is about to expire without a refresh having succeeded.
func (s *TokenSource) untilCreate(now time.Time) time.Duration {
	needed := s.current.refresh.left(now)
	if !s.keyless() {
		needed = min(needed, s.current.unhurried.left(now))
	}
	return max(needed, s.creating.pausedUntil.Sub(now))
}

// sourceCall is one of the two operations, as a source calls it.
type sourceCall struct {
	operation   api.Operation
	until       func(now time.Time) time.Duration // it is due
	run         func(context.Context) (cachedToken, error)
	failures    int // since the source's last success
	pausedUntil time.Time
}

// pause keeps the operation from being called for a time that grows with the failures, and for as long as the server
// asked for.
func (c *sourceCall) pause(err error) {
	bound := backoff(minPause, c.failures, maxPause)
	wait := bound/2 + randomUpTo(bound/2)
	if failed, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, min(failed.RetryAfter, maxServerWait))
	}
	c.failures++
	c.pausedUntil = time.Now().Add(wait)
}

// fetch refreshes the token if that is due, and creates one if that is due or has become so as the refresh failed.
func (s *TokenSource) fetch() {
	defer s.finish()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	if s.due(&s.refreshing) && s.try(ctx, &s.refreshing) {
		return
	}
	if s.due(&s.creating) {
		s.try(ctx, &s.creating)
	}
}

func (s *TokenSource) due(c *sourceCall) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.until(time.Now()) <= 0
}

// errGoexit is of a call whose goroutine was ended in a transport, an editor or a key function.
var errGoexit = errors.New("the goroutine of the fetch was ended by runtime.Goexit")

// try makes a call and records how it ended, be it by a panic or by runtime.Goexit.
func (s *TokenSource) try(ctx context.Context, c *sourceCall) (ok bool) {
	var next cachedToken
	err := wrapError(c.operation, errGoexit)
	defer s.record(c, &next, &err)
	next, err = c.run(ctx)
	return err == nil
}

func (s *TokenSource) record(c *sourceCall, next *cachedToken, err *error) {
	if value := recover(); value != nil {
		*err = wrapError(c.operation, &PanicError{Value: value, Stack: debug.Stack()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, FetchEvent{Operation: string(c.operation), Err: *err})
	if *err != nil {
		c.pause(*err)
		return
	}
	s.current, s.notBefore = *next, time.Now().Add(minFetchInterval)
	s.refreshing.failures, s.creating.failures = 0, 0
}

// finish tells whoever waits for the fetch that it has ended, and then the observer.
func (s *TokenSource) finish() {
	events := s.end()
	s.observing.Lock()
	defer s.observing.Unlock()
	for _, event := range events {
		s.observe(event)
	}
}

func (s *TokenSource) end() []FetchEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	if n := len(events); n > 0 {
		s.lastErr = events[n-1].Err
		events[n-1].Wait = max(s.untilFetch(time.Now()), 0)
	}
	s.running, s.events = false, nil
	s.fetches++
	s.notify()
	return events
}

func (s *TokenSource) create(ctx context.Context) (cachedToken, error) {
	if s.keyless() {
		return cachedToken{}, wrapError(api.OperationCreateRoomClientToken,
			invalid("the refresh token has expired, and there is no API key to create another"))
	}
	token, resp, err := s.client.create(ctx, s.roomID, *s.params, nil)
	if err != nil {
		return cachedToken{}, err
	}
	return s.received(token, resp)
}

func (s *TokenSource) refresh(ctx context.Context) (cachedToken, error) {
	old, limit := s.toRefresh()
	token := *old.token
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	refreshed, resp, err := s.client.refresh(ctx, s.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: token.RefreshToken, TokenTTLSecs: s.params.TokenTTLSecs,
	}, nil)
	switch {
	case isRefused(err):
		return cachedToken{}, s.refused(err)
	case err != nil:
		return cachedToken{}, err
	case refreshed.Token == token.Token:
		return cachedToken{}, resp.invalid("body/data/token is the one that was to be replaced")
	}
	token.Token, token.TokenExpiresAt = refreshed.Token, refreshed.TokenExpiresAt
	next, err := s.received(&token, resp)
	next.refresh = old.refresh
	return next, err
}

// toRefresh returns the token to refresh, and how long that may take: a create that follows a failure has to be in time
// for the token's end.
func (s *TokenSource) toRefresh() (cachedToken, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, limit := time.Now(), s.timeout/2
	if valid := s.current.valid.left(now); valid > 0 {
		limit = min(limit, max(s.current.unhurried.left(now), valid/2))
	}
	return s.current, limit
}

// received returns the token that came with resp.
func (s *TokenSource) received(token *ClientToken, resp *response) (cachedToken, error) {
	received, err := receivedToken(token, resp, s.params)
	if err != nil {
		return cachedToken{}, wrapError(resp.operation, err)
	}
	return received, nil
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

// PanicError is a panic of a key function, a request editor or an [http.RoundTripper] in a fetch of a [TokenSource],
// whose goroutine it would end, and with it the process.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as [debug.Stack] formats it
}

// Error returns one line of at most 300 bytes, without what looks like a JWT.
func (e *PanicError) Error() string {
	return oneLine(redactor{}.text(fmt.Sprintf("panic: %v", e.Value)), maxErrorTextBytes)
}
