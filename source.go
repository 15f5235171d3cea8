package roomtokens

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	defaultFetchTimeout = time.Minute

	// sourceName stands in an error where a call's operation id would.
	sourceName = "TokenSource"
)

// TokenSource keeps a client token for one room fresh, for a program that stays there. It creates a token when it is first
// asked for one, refreshes it shortly before its end while the refresh token lives, and creates anew when it does not.
//
// A TokenSource is safe for concurrent use. It works only when asked: an idle one has no goroutine, and none needs closing.
// Printing it shows no secret.
type TokenSource struct {
	client  *Client
	roomID  uuid.UUID
	timeout time.Duration
	params  *api.CreateRoomClientTokenRequest

	fresh atomic.Pointer[ClientToken] // nil once the current token is due for renewal

	mu       sync.Mutex
	current  *lease      // the latest token, alive or not; nil before the first
	due      *time.Timer // empties fresh
	flight   *flight     // the fetch under way, if any
	failures int         // since the last success
	pausedTo time.Time
	lastErr  error
}

// flight is one fetch that any number of callers wait for.
type flight struct {
	done  chan struct{}
	token *ClientToken // set before done is closed, as is err
	err   error
}

// SourceOption configures a [TokenSource].
type SourceOption func(*TokenSource) error

// WithFetchTimeout bounds one fetch of a token, with its retries: 1 min by default. It is independent of the contexts of
// the callers who wait for it.
func WithFetchTimeout(d time.Duration) SourceOption {
	return func(s *TokenSource) error {
		if d <= 0 {
			return invalid("fetch timeout is %v, must be positive", d)
		}
		s.timeout = d
		return nil
	}
}

// TokenSource returns a source of client tokens for the room, with the lifetimes in params as in
// [Client.CreateRoomClientToken]. It sends nothing yet. A nil roomID, a lifetime or an option out of bounds gives an error
// that matches [ErrInvalidRequest].
func (c *Client) TokenSource(
	roomID uuid.UUID, params api.CreateRoomClientTokenRequest, opts ...SourceOption,
) (*TokenSource, error) {
	s := &TokenSource{client: c, roomID: roomID, params: &params, timeout: defaultFetchTimeout}
	if err := checkCreate(roomID, params); err != nil {
		return nil, failed(sourceName, err)
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, failed(sourceName, invalid("option is nil"))
		}
		if err := opt(s); err != nil {
			return nil, failed(sourceName, err)
		}
	}
	return s, nil
}

// Token returns a client token that is valid now, with the refresh token it came from. The result is shared: do not modify
// it.
//
// Shortly before a token's end, a tenth of its lifetime and at most a minute, Token begins to fetch the next one in the
// background and returns the current one until the next is there. Only when there is no valid token do callers wait, all
// for the same fetch; a caller whose ctx ends leaves alone. Where a fetch fails, the current token serves to its end. After
// that, callers get the error: what [Client.RefreshRoomClientToken] or [Client.CreateRoomClientToken] returned, for up to
// 30 s between two fetches.
func (s *TokenSource) Token(ctx context.Context) (token *ClientToken, err error) {
	if token = s.fresh.Load(); token == nil {
		token, err = s.next(ctx)
	}
	return // as short as this, the compiler puts Token where it is called
}

// next is the slow path of Token.
func (s *TokenSource) next(ctx context.Context) (*ClientToken, error) {
	token, flight, err := s.join(ctx)
	if flight == nil {
		return token, err
	}
	select {
	case <-flight.done:
		return flight.token, flight.err
	case <-ctx.Done():
		return nil, failed(sourceName, ctx.Err())
	}
}

// join returns the token to use, the flight to wait for, or the error of the last flight while the next one is not due. It
// begins a flight where one is needed.
func (s *TokenSource) join(ctx context.Context) (*ClientToken, *flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	alive := s.current != nil && now.Before(s.current.endsAt)
	if alive && now.Before(s.current.renewAt) {
		return s.current.token, nil, nil
	}
	if !alive && ctx.Err() != nil {
		return nil, nil, failed(sourceName, ctx.Err())
	}
	if s.flight == nil && !now.Before(s.pausedTo) {
		s.flight = &flight{done: make(chan struct{})}
		go s.fly(context.WithoutCancel(ctx), s.flight, s.current)
	}
	switch {
	case alive:
		return s.current.token, nil, nil
	case s.flight != nil:
		return nil, s.flight, nil
	}
	return nil, nil, s.lastErr
}

// fly fetches a token and tells whoever waits for it.
func (s *TokenSource) fly(ctx context.Context, f *flight, old *lease) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var next *lease
	err := errNoOutcome
	defer func() { s.land(f, next, err) }()
	next, err = s.fetch(ctx, old)
}

// errNoOutcome is of a fetch whose goroutine was ended, by runtime.Goexit in a transport or a key function.
var errNoOutcome = failed(sourceName, errors.New("the fetch was ended from inside"))

// land makes the outcome of a flight known.
func (s *TokenSource) land(f *flight, next *lease, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if err != nil {
		f.err, s.lastErr = err, err
		s.pausedTo = time.Now().Add(pause(s.failures))
		s.failures++
	} else {
		f.token = next.token
		s.failures, s.pausedTo, s.lastErr = 0, time.Time{}, nil
		s.install(next)
	}
	close(f.done)
}

// install makes next the current lease, and its token the fresh one until it is due for renewal.
func (s *TokenSource) install(next *lease) {
	if s.due != nil {
		s.due.Stop()
	}
	s.current = next
	s.fresh.Store(next.token)
	s.due = time.AfterFunc(time.Until(next.renewAt), func() { s.fresh.CompareAndSwap(next.token, nil) })
}

// Invalidate drops token if it is still the current one, as when the room has refused it: the next call of Token fetches.
func (s *TokenSource) Invalidate(token *ClientToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == nil || s.current == nil || s.current.endsAt.IsZero() || s.current.token.Token != token.Token {
		return
	}
	s.fresh.Store(nil)
	dropped := *s.current
	dropped.endsAt = time.Time{}
	s.current, s.pausedTo = &dropped, time.Time{}
}

// fetch refreshes while the refresh token lives and is accepted, and creates otherwise.
func (s *TokenSource) fetch(ctx context.Context, old *lease) (*lease, error) {
	if old != nil && time.Now().Before(old.refreshUntil) {
		next, err := s.refresh(ctx, old)
		if err == nil || !isRefused(err) {
			return next, err
		}
		s.forget(old.token.RefreshToken)
	}
	return s.create(ctx)
}

// forget keeps a refresh token from being tried again, should the create that follows fail.
func (s *TokenSource) forget(refreshToken secret.String) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.token.RefreshToken == refreshToken {
		current := *s.current
		current.refreshUntil = time.Time{}
		s.current = &current
	}
}

func (s *TokenSource) create(ctx context.Context) (*lease, error) {
	token, resp, err := s.client.create(ctx, s.roomID, *s.params)
	if err != nil {
		return nil, err
	}
	received := time.Now()
	next, err := newLease(token, resp, received)
	if err != nil {
		return nil, failed(createOperation, err)
	}
	if span, err := lifetime(token.RefreshTokenExpiresAt, resp, received, MaxRefreshTokenTTLSecs); err == nil && token.RefreshToken != "" {
		next.refreshUntil = sentAt(resp).Add(span)
	}
	return next, nil
}

func (s *TokenSource) refresh(ctx context.Context, old *lease) (*lease, error) {
	refreshed, resp, err := s.client.refresh(ctx, s.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: old.token.RefreshToken, TokenTTLSecs: s.params.TokenTTLSecs,
	})
	if err != nil {
		return nil, err
	}
	token := *old.token
	token.Token, token.TokenExpiresAt = refreshed.Token, refreshed.TokenExpiresAt
	next, err := newLease(&token, resp, time.Now())
	if err != nil {
		return nil, failed(refreshOperation, err)
	}
	next.refreshUntil = old.refreshUntil
	return next, nil
}

// isRefused reports that the server will not take the refresh token again, whatever its lifetime.
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
