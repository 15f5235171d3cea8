package roomtokens

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

const (
	defaultFetchTimeout = time.Minute

	// After a failure the next fetch waits for at least half of a bound that doubles from minPause to maxPause.
	minPause = time.Second
	maxPause = 30 * time.Second

	// minInvalidationInterval is how long two fetches that Invalidate caused are apart at least.
	minInvalidationInterval = time.Second

	// sourceName stands in an error where a call's operation id would.
	sourceName = "TokenSource"
)

// TokenSource keeps a client token for one room valid, for a program that stays there. It creates a token when it is
// first asked for one, refreshes it shortly before it expires, and creates a new one when it cannot be refreshed.
//
// A TokenSource is safe for concurrent use. It works only when asked: an idle one has no goroutine, and none needs
// closing. Printing it shows no secret.
type TokenSource struct {
	client  *Client
	roomID  uuid.UUID
	params  *api.CreateRoomClientTokenRequest
	timeout time.Duration
	observe func(FetchEvent)

	observing sync.Mutex // held while observe runs

	mu           sync.Mutex
	current      cachedToken // the latest token, valid or not
	running      *fetch      // nil where none is
	failures     int         // since the last success
	lastErr      error
	backoffUntil time.Time
	invalidated  bool // the current token, by Invalidate
	notBefore    time.Time
}

// SourceOption configures a [TokenSource].
type SourceOption func(*TokenSource) error

// WithFetchTimeout bounds one fetch of a token, with its retries: 1 min by default. A refresh gets half of it, so that
// a create can follow. It is independent of the contexts of the callers who wait for the fetch.
func WithFetchTimeout(d time.Duration) SourceOption {
	return func(s *TokenSource) error {
		if d <= 0 {
			return invalid("fetch timeout is %v, must be positive", d)
		}
		s.timeout = d
		return nil
	}
}

// WithFetchObserver calls observe after each create and refresh of a [TokenSource], for logs and metrics: those in the
// background fail unseen otherwise. It is called after the waiting callers have got the token, in a goroutine of the
// source's and never twice at once. It must not panic.
func WithFetchObserver(observe func(FetchEvent)) SourceOption {
	return func(s *TokenSource) error {
		if observe == nil {
			return invalid("fetch observer is nil")
		}
		s.observe = observe
		return nil
	}
}

// FetchEvent is how one create or refresh of a [TokenSource] ended.
type FetchEvent struct {
	// Operation is the operation id in the spec.
	Operation string
	// Err is nil where there is a new token.
	Err error
	// Wait is how long it is until the source fetches next, if it is asked for a token then: zero where it turned to
	// create because the refresh failed.
	Wait time.Duration
}

// TokenSource returns a source of client tokens for the room, with the lifetimes in params as in
// [Client.CreateRoomClientToken]. It sends nothing yet. A nil roomID, a lifetime or an option out of bounds gives an
// error that matches [ErrInvalidRequest].
func (c *Client) TokenSource(
	roomID uuid.UUID, params api.CreateRoomClientTokenRequest, opts ...SourceOption,
) (*TokenSource, error) {
	s := &TokenSource{
		client: c, roomID: roomID, params: &params, timeout: defaultFetchTimeout, observe: func(FetchEvent) {},
	}
	if _, err := c.newRequest(context.Background(), api.OperationCreateRoomClientToken, roomID, params); err != nil {
		return nil, wrapError(sourceName, err)
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, wrapError(sourceName, invalid("option is nil"))
		}
		if err := opt(s); err != nil {
			return nil, wrapError(sourceName, err)
		}
	}
	return s, nil
}

// Token returns a client token that is valid now, with the refresh token it came from. The result is shared: do not
// modify it.
//
// Shortly before a token expires, at a random time in the last tenth of its lifetime or in its last minute, but not in
// the last half of either, Token starts to fetch the next one in the background and returns the current one until then.
// Only when there is no valid token do callers wait, all for the same fetch; a caller whose ctx ends stops waiting
// alone. The fetch itself has no caller's context: a key function or an editor that it runs sees no value of ctx.
//
// Where a fetch fails, the current token serves until it expires. After that, callers get the error: what
// [Client.CreateRoomClientToken] returned, for up to 30 s between two fetches, or a [*PanicError].
func (s *TokenSource) Token(ctx context.Context) (*ClientToken, error) {
	token, running, err := s.next(ctx)
	if running == nil {
		return token, err
	}
	select {
	case <-running.done:
		return running.result()
	case <-ctx.Done():
		return nil, wrapError(sourceName, contextError(ctx, nil))
	}
}

// next returns the token to use, the fetch to wait for, or the error of the last fetch while the next one is not due.
// It starts a fetch where one is needed.
func (s *TokenSource) next(ctx context.Context) (*ClientToken, *fetch, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.fresh.contains(now) {
		return s.current.token, nil, nil
	}
	valid := s.current.valid.contains(now)
	if !valid && ctx.Err() != nil {
		return nil, nil, wrapError(sourceName, contextError(ctx, nil))
	}
	if s.running == nil && !now.Before(s.backoffUntil) {
		s.start(now)
	}
	switch {
	case valid:
		return s.current.token, nil, nil
	case s.running != nil:
		return nil, s.running, nil
	}
	return nil, nil, s.lastErr
}

// Invalidate drops token if it is still the current one, as when the room has refused it: the next call of Token
// fetches. A caller who invalidates every token waits in Token until a second has passed since the last such fetch.
func (s *TokenSource) Invalidate(token *ClientToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == nil || s.current.token == nil || s.current.token.Token != token.Token || s.invalidated {
		return
	}
	s.invalidated, s.backoffUntil = true, time.Time{}
	s.current.fresh, s.current.valid = lifetime{}, lifetime{}
}

// fetch is one fetch that any number of callers wait for.
type fetch struct {
	done  chan struct{}
	delay time.Duration // before the first request

	// Set before done is closed.
	next    cachedToken // its token is nil where there is none
	err     error
	refused bool // the refresh token
	events  []FetchEvent
}

func (f *fetch) result() (*ClientToken, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.next.token, nil
}

// start runs a fetch in a goroutine of its own. The caller holds s.mu.
func (s *TokenSource) start(now time.Time) {
	s.running = &fetch{done: make(chan struct{}), err: errFetchEnded()}
	if s.invalidated {
		s.running.delay = max(s.notBefore.Sub(now), 0)
		s.notBefore = now.Add(s.running.delay + minInvalidationInterval)
	}
	go s.run(s.running, s.current)
}

// errFetchEnded is of a fetch whose goroutine was ended by runtime.Goexit, in a transport or a key function.
func errFetchEnded() error {
	return wrapError(sourceName, errors.New("the goroutine of the fetch was ended by runtime.Goexit"))
}

// run fetches a token, tells whoever waits for it, and then the observer.
func (s *TokenSource) run(f *fetch, old cachedToken) {
	defer func() {
		s.finish(f)
		s.observing.Lock()
		defer s.observing.Unlock()
		for _, event := range f.events {
			s.observe(event)
		}
	}()
	time.Sleep(f.delay)
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	s.fetch(ctx, f, old)
}

// fetch refreshes old if it can be refreshed. It creates a token if not, or if that failed and there is no valid one
// left.
func (s *TokenSource) fetch(ctx context.Context, f *fetch, old cachedToken) {
	if old.refresh.contains(time.Now()) {
		f.end(api.OperationRefreshRoomClientToken, func() (cachedToken, error) { return s.refresh(ctx, old) })
		f.refused = isRefused(f.err)
		if f.err == nil || !f.refused && s.hasValidToken() {
			return
		}
	}
	f.end(api.OperationCreateRoomClientToken, func() (cachedToken, error) { return s.create(ctx) })
}

// end runs an operation to its end, which may be a panic of a key function, an editor or a transport.
func (f *fetch) end(operation api.Operation, run func() (cachedToken, error)) {
	defer func() {
		if value := recover(); value != nil {
			f.err = wrapError(operation, &PanicError{Value: value, Stack: debug.Stack()})
		}
		f.events = append(f.events, FetchEvent{Operation: string(operation), Err: f.err})
	}()
	f.err = errFetchEnded()
	f.next, f.err = run()
}

func (s *TokenSource) hasValidToken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.valid.contains(time.Now())
}

// finish makes the outcome of a fetch known.
func (s *TokenSource) finish(f *fetch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = nil
	if f.refused {
		s.current.refresh = lifetime{}
	}
	var wait time.Duration
	if f.err == nil {
		s.current, s.invalidated = f.next, false
		s.failures, s.backoffUntil, s.lastErr = 0, time.Time{}, nil
		wait = max(time.Until(f.next.fresh.start.Add(f.next.fresh.length)), 0)
	} else {
		pause := backoff(minPause, s.failures, maxPause)
		wait = pause/2 + randomUpTo(pause/2)
		s.failures++
		s.backoffUntil, s.lastErr = time.Now().Add(wait), f.err
	}
	if n := len(f.events); n > 0 {
		f.events[n-1].Wait = wait
	}
	close(f.done)
}

func (s *TokenSource) create(ctx context.Context) (cachedToken, error) {
	token, resp, err := s.client.create(ctx, s.roomID, *s.params, nil)
	if err != nil {
		return cachedToken{}, err
	}
	maxSecs := cmp.Or(s.params.TokenTTLSecs, api.CreateRoomClientTokenRequestTokenTTLSecsMax)
	next, err := newCachedToken(token, resp, maxSecs)
	if err != nil {
		return cachedToken{}, wrapError(resp.operation, err)
	}
	if token.RefreshToken != "" {
		maxSecs = cmp.Or(s.params.RefreshTokenTTLSecs, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax)
		next.refresh, _ = newLifetime(token.RefreshTokenExpiresAt, resp, maxSecs)
	}
	return next, nil
}

func (s *TokenSource) refresh(ctx context.Context, old cachedToken) (cachedToken, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout/2)
	defer cancel()
	refreshed, resp, err := s.client.refresh(ctx, s.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: old.token.RefreshToken, TokenTTLSecs: s.params.TokenTTLSecs,
	}, nil)
	if err != nil {
		return cachedToken{}, err
	}
	token := *old.token
	token.Token, token.TokenExpiresAt = refreshed.Token, refreshed.TokenExpiresAt
	maxSecs := cmp.Or(s.params.TokenTTLSecs, api.RefreshRoomClientTokenRequestTokenTTLSecsMax)
	next, err := newCachedToken(&token, resp, maxSecs)
	if err != nil {
		return cachedToken{}, wrapError(resp.operation, err)
	}
	next.refresh = old.refresh
	return next, nil
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

// PanicError is a panic of a key function, a request editor, an [http.RoundTripper] or an observer in a fetch of a
// [TokenSource]. The fetch has a goroutine of its own, where it would end the process.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as [debug.Stack] formats it
}

// Error returns one line of at most 300 bytes, without what looks like a JWT.
func (e *PanicError) Error() string {
	return oneLine(redactor{}.text(fmt.Sprintf("panic: %v", e.Value)), maxErrorTextBytes)
}
