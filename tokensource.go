package roomtokens

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

const (
	defaultFetchTimeout = time.Minute

	// maxWait is how long a caller waits without a look at the wall clock: timers stand still while a computer sleeps.
	maxWait = 5 * time.Second

	// sourceName stands in an error where a call's operation id would.
	sourceName = "TokenSource"
)

// TokenSource keeps a client token for one room valid, for a program that stays there. It creates a token when it is
// first asked for one, refreshes it shortly before it expires, and creates a new one when it cannot be refreshed.
//
// A TokenSource is safe for concurrent use. It works only while it is asked, by [TokenSource.Token] or a loop over
// [TokenSource.Tokens]: an idle one has no goroutine, and none needs closing. Printing it shows no secret.
type TokenSource struct {
	fetcher fetcher
	timeout time.Duration
	observe func(FetchEvent)

	observing sync.Mutex // held while observe runs

	mu       sync.Mutex
	schedule schedule
	lastErr  error         // of the latest fetch; nil where that brought a token
	fetches  int           // that have ended
	running  bool          // a fetch
	events   []FetchEvent  // of that fetch
	changed  chan struct{} // closed, and replaced, when a fetch has ended or a token is invalidated
}

// SourceOption configures a [TokenSource].
type SourceOption func(*TokenSource) error

// WithFetchTimeout bounds one fetch of a token, with its retries: 1 min by default. A refresh gets at most half of it,
// so that a create can follow. It is independent of the contexts of the callers who wait for the fetch.
func WithFetchTimeout(d time.Duration) SourceOption {
	return func(s *TokenSource) error {
		if d <= 0 {
			return invalidOption("fetch timeout is %v, must be positive", d)
		}
		s.timeout = d
		return nil
	}
}

// WithFetchObserver calls observe after each create and refresh of a [TokenSource], for logs and metrics: no caller
// sees an error of a fetch in the background. It is called in a goroutine of the source's, never twice at once, after
// the callers who wait have got the token. It must not panic: that would end the process.
func WithFetchObserver(observe func(FetchEvent)) SourceOption {
	return func(s *TokenSource) error {
		if observe == nil {
			return invalidOption("fetch observer is nil")
		}
		s.observe = observe
		return nil
	}
}

// WithInitialToken makes a [TokenSource] start with a token that is there already: a pair that was stored before a
// restart, or that somebody with an API key has handed out. While it is fresh, nothing is sent; if it has expired and
// its refresh token has not, it is refreshed.
//
// Its expiries are compared with this computer's wall clock, since it came without a Date of the server's. If that
// clock is wrong, the source is wrong about the token until the first refresh, and about the refresh token until the
// first create.
//
// The token is copied. [Client.TokenSource] refuses one that is nil or empty, or that has no expiry, and a refresh
// token without an expiry.
func WithInitialToken(token *ClientToken) SourceOption {
	return func(s *TokenSource) error {
		switch {
		case token == nil || token.Token == "":
			return invalidOption("initial token is nil or empty")
		case token.TokenExpiresAt.IsZero():
			return invalidOption("initial token has no expiry")
		case token.RefreshToken != "" && token.RefreshTokenExpiresAt.IsZero():
			return invalidOption("initial refresh token has no expiry")
		}
		now := time.Now()
		s.schedule.current = storedToken(*token, now)
		s.schedule.current.spread(now)
		return nil
	}
}

// FetchEvent is how one create or refresh of a [TokenSource] ended.
type FetchEvent struct {
	// Operation is the operation in the spec.
	Operation api.Operation
	// Err is nil where there is a new token, and else what [TokenSource.Token] returns while no token is valid.
	Err error
	// Wait is how long it is until the source fetches next, if it is asked for a token then: zero where it turned to
	// create because the refresh failed.
	Wait time.Duration
}

// TokenSource returns a source of client tokens for the room, with the lifetimes in params as in
// [Client.CreateRoomClientToken]. It sends nothing yet. A nil roomID, a lifetime or an option out of bounds gives an
// error that matches [ErrInvalidRequest].
//
// A client that was made with [WithoutAPIKey] needs [WithInitialToken] with a refresh token. Its source refreshes for
// as long as that lives; then [TokenSource.Token] says that it has expired, with an error that matches
// [ErrInvalidRequest].
func (c *Client) TokenSource(
	roomID uuid.UUID, params api.CreateRoomClientTokenRequest, opts ...SourceOption,
) (*TokenSource, error) {
	s := &TokenSource{
		fetcher: fetcher{c, roomID, &params}, timeout: defaultFetchTimeout, observe: func(FetchEvent) {},
		schedule: schedule{keyless: c.key == nil}, changed: make(chan struct{}),
	}
	if _, err := c.newRequest(context.Background(), api.OperationCreateRoomClientToken, roomID, params); err != nil {
		return nil, wrapError(sourceName, err)
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, wrapError(sourceName, invalidOption("option is nil"))
		}
		if err := opt(s); err != nil {
			return nil, wrapError(sourceName, err)
		}
	}
	if token := s.schedule.current.token; s.schedule.keyless && (token == nil || token.RefreshToken == "") {
		return nil, wrapError(sourceName, invalidOption("neither an API key nor an initial token with a refresh token"))
	}
	return s, nil
}

// Format implements [fmt.Formatter], and shows the room alone: package fmt would read the other fields while a fetch
// changes them, and show the token for a verb such as %s.
func (s *TokenSource) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "TokenSource(%s)", s.fetcher.roomID)
}

// Token returns a client token that is valid now, with the refresh token it came from. The result is shared: do not
// modify it.
//
// Before a token expires, Token starts to fetch the next one in the background, and returns the current one meanwhile:
// in the last minute of a life of ten minutes or more, and in the last 20 s of one minute, by half of that at the
// latest. A token that replaces no valid one, the first or one after an outage, is renewed earlier, at a random time
// from a third of its life on: many sources that began together do not meet again. Where refresh fails, it is tried
// again, and a create follows before the token expires.
//
// Only when there is no valid token do callers wait, all for the same fetch: for a refresh, half of the fetch timeout
// at most, and for a create if that fails. When ctx ends, only its own caller stops waiting. The fetch itself has no
// caller's context: a key function or an editor that it runs sees no value of ctx.
//
// Where there is no valid token and the next fetch is not due, callers get the error of the last one: what
// [Client.CreateRoomClientToken] or [Client.RefreshRoomClientToken] returned, or a [*PanicError]. An operation that
// failed pauses for up to 1 s, twice as long each time up to 30 s, or 16 s after a 429. Its pause ends when the token
// does, but not before [Error.RetryAfter], up to 5 min and with up to a quarter on top; while a token is renewed, a 429
// pauses for just that long. Only the first 429 of an operation that callers wait for is retried as in a call.
//
// A token lives for as long as the server says, by its Date, and at most for as long as was asked for, or for the
// spec's default. Where its clocks disagree, so that the token would be over as it comes, what was asked for counts.
func (s *TokenSource) Token(ctx context.Context) (*ClientToken, error) {
	if token := s.freshToken(); token != nil {
		return token, nil
	}
	now, err := s.next(ctx, status{})
	if err != nil {
		return nil, wrapError(sourceName, err)
	}
	return now.token, now.err
}

// freshToken returns the token if it need not be renewed yet, as for nearly every call; else nil.
func (s *TokenSource) freshToken() *ClientToken {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schedule.current.fresh.left(now) == 0 {
		return nil
	}
	return s.schedule.current.token
}

// Tokens returns an iterator over the tokens of s, for whoever has to pass each one on: the current one at once, and
// each next one as soon as it has been fetched, before the last one expires if the server responds in time. Where there
// is no valid token, it yields an error for each fetch that fails, as [TokenSource.Token] returns it, and goes on. It
// ends with ctx.
//
// While the loop's body runs, the iterator does not ask for the next token. Any number of loops share the fetches.
func (s *TokenSource) Tokens(ctx context.Context) iter.Seq2[*ClientToken, error] {
	return func(yield func(*ClientToken, error) bool) {
		var last status
		for ctx.Err() == nil {
			now, err := s.next(ctx, last)
			if err != nil || !yield(now.token, now.err) {
				return
			}
			last = now
		}
	}
}

// Invalidate drops token if it is still the current one, for when the room has refused it: the next call of Token, or a
// loop that waits in Tokens, fetches another. That begins a second after token came at the earliest, so that a caller
// who invalidates every token waits.
func (s *TokenSource) Invalidate(token *ClientToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.schedule.current.token
	if token == nil || current == nil || current.Token != token.Token {
		return
	}
	s.schedule.invalidated()
	s.notify()
}

// status is what a source has for a caller at an instant.
type status struct {
	token   *ClientToken    // nil where none is valid
	err     error           // of the latest fetch, where there is no token
	fetches int             // that have ended
	running bool            // another fetch, whose outcome the caller may wait for
	changed <-chan struct{} // closed when there may be something new
	until   time.Duration   // after which there may be something new, though changed is not closed
}

// next waits until there is a token other than last's, or the error of a fetch that ended after last's. It fails only
// when ctx ends before that.
func (s *TokenSource) next(ctx context.Context, last status) (status, error) {
	now := s.look(ctx)
	if now.running {
		last.fetches = now.fetches // the caller gets the outcome of this fetch, not the error of the one before
	}
	for !now.isNew(last) {
		if err := now.wait(ctx); err != nil {
			return status{}, err
		}
		now = s.look(ctx)
	}
	return now, nil
}

func (now status) isNew(last status) bool {
	return now.token != nil && now.token != last.token || now.err != nil && now.fetches != last.fetches
}

func (now status) wait(ctx context.Context) error {
	select {
	case <-now.changed:
		return nil
	case <-time.After(min(now.until, maxWait)):
		return nil
	case <-ctx.Done():
		return exchange.ContextError(ctx, nil)
	}
}

// look returns the status of s, and starts a fetch where one is due, unless ctx has ended and nobody would wait for it.
func (s *TokenSource) look(ctx context.Context) status {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	valid := s.schedule.current.valid.left(now)
	if valid == 0 && ctx.Err() != nil {
		return status{changed: s.changed, until: maxWait}
	}
	until := s.schedule.untilFetch(now)
	if until <= 0 && !s.running {
		s.running = true
		go s.fetch(s.schedule.operation(now)) //nolint:gosec // it outlives ctx: others wait for it too
	}
	if s.running {
		until = maxWait
	}
	if valid > 0 {
		return status{token: s.schedule.current.token, changed: s.changed, until: min(until, valid)}
	}
	return status{err: s.lastErr, fetches: s.fetches, running: s.running, changed: s.changed, until: until}
}

// notify wakes whoever waits for a change. The caller holds s.mu.
func (s *TokenSource) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// fetch runs the operation and, if that is a refresh that fails, a create where one is due then.
func (s *TokenSource) fetch(operation api.Operation) {
	defer s.finish()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	if operation == api.OperationRefreshRoomClientToken && (s.try(ctx, operation) || !s.isCreateDue()) {
		return
	}
	s.try(ctx, api.OperationCreateRoomClientToken)
}

func (s *TokenSource) isCreateDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schedule.untilCreate(time.Now()) <= 0
}

// try runs an operation to its end, and reports whether there is a new token.
func (s *TokenSource) try(ctx context.Context, operation api.Operation) (ok bool) {
	a := s.assign(operation)
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	s.fetcher.fetch(ctx, a, func(next cachedToken, err error) {
		ok = err == nil
		s.record(operation, next, err)
	})
	return ok
}

func (s *TokenSource) assign(operation api.Operation) assignment {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	return assignment{
		Call: exchange.Call{
			Operation: operation, Background: true, Paced: !s.schedule.retriesRateLimit(now, operation),
		},
		old: s.schedule.current, timeout: s.schedule.timeout(now, operation, s.timeout),
	}
}

func (s *TokenSource) record(operation api.Operation, next cachedToken, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, FetchEvent{Operation: operation, Err: err})
	if err != nil {
		s.schedule.failed(time.Now(), operation, err)
	} else {
		s.schedule.succeeded(time.Now(), next)
	}
}

// finish tells whoever waits for the fetch that it has ended, and then the observer.
func (s *TokenSource) finish() {
	s.mu.Lock()
	events := s.events
	last := &events[len(events)-1]
	last.Wait = max(s.schedule.untilFetch(time.Now()), 0)
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
