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
	fetcher   fetcher
	timeout   time.Duration
	observers []*observer

	mu         sync.Mutex
	schedule   schedule
	lastErr    error         // of the latest fetch, or why there is none; nil where that brought a token
	running    bool          // a fetch
	events     []FetchEvent  // of that fetch
	leftBehind int           // operations that go on though their time is over
	stuck      api.Operation // the latest of them
	changed    chan struct{} // closed, and replaced, when a fetch has ended or a token is invalidated
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
	if _, err := c.newRequest(context.Background(), api.OperationCreateRoomClientToken, roomID, params); err != nil {
		return nil, wrapError(sourceName, err)
	}
	cfg, err := newSourceConfig(opts)
	if err != nil {
		return nil, wrapError(sourceName, err)
	}
	if token := cfg.initial.token; c.key == nil && (token == nil || token.RefreshToken == "") {
		return nil, wrapError(sourceName, invalidOption("neither an API key nor an initial token with a refresh token"))
	}
	return &TokenSource{
		fetcher: fetcher{c, roomID, &params}, timeout: cfg.timeout, observers: newObservers(c.logger, cfg.observe),
		schedule: schedule{keyless: c.key == nil, current: cfg.initial}, changed: make(chan struct{}),
	}, nil
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
			if err != nil || ctx.Err() != nil || !yield(now.token, now.err) {
				return
			}
			last = now
		}
	}
}

// Invalidate drops token if it is still the current one, for when the room has refused it: the next call of Token, or a
// loop that waits in Tokens, fetches another. That begins a second after token came at the earliest. A token that is
// refused within 10 s counts as a failure of the operation that gave it, which pauses then, for longer each time, while
// callers wait: where a room refuses what refresh gives, create is tried.
func (s *TokenSource) Invalidate(token *ClientToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.schedule.current
	if token == nil || current.token == nil || current.token.Token != token.Token || current.valid == (lifetime{}) {
		return
	}
	s.schedule.invalidated(time.Now())
	s.notify()
}

// status is what a source has for a caller at an instant.
type status struct {
	token   *ClientToken    // nil where none is valid
	err     error           // of the latest fetch, where there is no token
	running bool            // another fetch, whose outcome the caller may wait for
	changed <-chan struct{} // closed when there may be something new
	until   time.Duration   // after which there may be something new, though changed is not closed
}

// next waits until there is a token other than last's, or the error of a fetch that ended after last's. It fails only
// when ctx ends before that.
func (s *TokenSource) next(ctx context.Context, last status) (status, error) {
	waiting := false
	for {
		now := s.look(ctx)
		if now.running && !waiting {
			last.err = now.err // the caller gets the outcome of this fetch, not the error of the one before
		}
		waiting = now.token == nil
		if now.isNew(last) {
			return now, nil
		}
		if err := now.wait(ctx); err != nil {
			return status{}, err
		}
	}
}

func (now status) isNew(last status) bool {
	if now.token != nil {
		return now.token != last.token
	}
	return now.err != nil && now.err != last.err //nolint:errorlint // each fetch has one of its own
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
	switch {
	case s.running, until > 0:
	case s.leftBehind < maxLeftBehind:
		s.running = true
		go s.fetch(s.schedule.operation(now, s.stuck)) //nolint:gosec // it outlives ctx: others wait for it too
	default:
		s.lastErr = errLeftBehind
	}
	if until <= 0 {
		until = maxWait // a fetch that ends, or is left behind no longer, is told of
	}
	if valid > 0 {
		return status{token: s.schedule.current.token, changed: s.changed, until: min(until, valid)}
	}
	return status{err: s.lastErr, running: s.running, changed: s.changed, until: until}
}

// notify wakes whoever waits for a change. The caller holds s.mu.
func (s *TokenSource) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// fetch runs the operation and, if that is a refresh that fails, a create where one is due then.
func (s *TokenSource) fetch(operation api.Operation) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	ok := s.try(ctx, operation)
	if !ok && operation == api.OperationRefreshRoomClientToken && s.mayCreate() {
		s.try(ctx, api.OperationCreateRoomClientToken)
	}
	s.finish()
}

func (s *TokenSource) mayCreate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schedule.untilCreate(time.Now()) <= 0 && s.leftBehind < maxLeftBehind
}

// try runs an operation until it ends or its time is over, and reports whether there is a new token.
func (s *TokenSource) try(ctx context.Context, operation api.Operation) (ok bool) {
	a := s.assign(operation)
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	outcome := make(chan fetched, 1)
	go s.fetcher.fetch(ctx, a, outcome)
	got, ended := await(ctx, a, outcome, min(unwinding, s.timeout/4)) // so that a create has time after a refresh
	s.record(operation, got)
	if !ended {
		s.leaveBehind(operation, outcome)
	}
	return got.err == nil
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

func (s *TokenSource) record(operation api.Operation, got fetched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got.err != nil {
		s.schedule.failed(time.Now(), operation, got.err)
	} else {
		s.schedule.succeeded(time.Now(), operation, got.token)
	}
	s.events = append(s.events, FetchEvent{Operation: operation, Err: got.err})
}

// leaveBehind counts an operation that goes on though its time is over, until it ends. What it brings is discarded.
func (s *TokenSource) leaveBehind(operation api.Operation, outcome <-chan fetched) {
	s.mu.Lock()
	s.leftBehind++
	s.stuck = operation
	s.mu.Unlock()
	go func() {
		<-outcome
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.leftBehind--; s.leftBehind == 0 {
			s.stuck = ""
		}
		s.notify()
	}()
}

// finish tells whoever waits for the fetch that it has ended, and then the observer.
func (s *TokenSource) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	events := s.events
	for i := range events {
		if valid := s.schedule.current.valid.left(now); valid > 0 {
			events[i].ValidUntil = now.Add(valid).UTC()
		}
	}
	last := &events[len(events)-1]
	last.Wait = max(s.schedule.untilFetch(now), 0)
	s.lastErr, s.running, s.events = last.Err, false, nil
	s.notify()
	for _, o := range s.observers {
		o.tell(events)
	}
}
