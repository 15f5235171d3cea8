package roomtokens

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// FetchEvent is how one create or refresh of a [TokenSource] ended.
type FetchEvent struct {
	// Operation is the operation in the spec.
	Operation api.Operation
	// Err is nil where there is a new token, and else why there is none. [TokenSource.Token] returns that of the latest
	// fetch while no token is valid.
	Err error
	// Wait is how long it is until the source may fetch next, if it is asked for a token then. After a refresh that failed
	// and was followed by a create at once, it is zero.
	Wait time.Duration
	// ValidUntil is the instant (UTC) until which the source has a valid token; zero where it has none.
	ValidUntil time.Time
}

// maxWaitingEvents is how many events wait for an observer that is busy.
const maxWaitingEvents = 64

// observer passes events on, one at a time and in their order, in a goroutine that lasts while there are any.
type observer struct {
	observe func(FetchEvent)

	mu      sync.Mutex
	waiting []FetchEvent
	running bool
}

// newObservers returns one for the log and one for the caller's function, so that neither is in the other's way.
func newObservers(logger *slog.Logger, observe func(FetchEvent)) (all []*observer) {
	if logger != nil {
		all = append(all, &observer{observe: (&fetchLog{logger: logger}).observe})
	}
	if observe != nil {
		all = append(all, &observer{observe: observe})
	}
	return all
}

// tell does not wait. It drops what there is no room for.
func (o *observer) tell(events []FetchEvent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, events[:min(len(events), maxWaitingEvents-len(o.waiting))]...)
	if !o.running {
		o.running = true
		go o.run()
	}
}

func (o *observer) run() {
	for {
		event, ok := o.next()
		if !ok {
			return
		}
		o.observe(event)
	}
}

func (o *observer) next() (event FetchEvent, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		o.waiting, o.running = nil, false
		return event, false
	}
	event, o.waiting = o.waiting[0], o.waiting[1:]
	return event, true
}

// fetchLog logs the fetches that fail, and the first one after them that does not.
type fetchLog struct {
	logger  *slog.Logger
	failing bool
}

func (l *fetchLog) observe(event FetchEvent) {
	level, message := slog.LevelWarn, "roomtokens: fetch failed"
	if event.Err == nil {
		if !l.failing {
			return
		}
		level, message = slog.LevelInfo, "roomtokens: fetch succeeded"
	}
	l.failing = event.Err != nil
	attrs := []slog.Attr{slog.String("operation", string(event.Operation))}
	if event.Err != nil {
		attrs = append(attrs, fetchFailure(event.Err))
	}
	l.logger.LogAttrs(context.Background(), level, message, append(attrs,
		slog.Duration("wait", event.Wait), slog.Duration("valid", max(time.Until(event.ValidUntil), 0)))...)
}

// fetchFailure is the status of the response or the kind of failure, and no text.
func fetchFailure(err error) slog.Attr {
	failed, sent := errors.AsType[*Error](err)
	_, panicked := errors.AsType[*PanicError](err)
	switch {
	case sent && failed.StatusCode != 0:
		return slog.Int("status", failed.StatusCode)
	case panicked:
		return slog.String("failure", "panic")
	case sent, errors.Is(err, context.DeadlineExceeded):
		return slog.String("failure", exchange.FailureKind(err))
	}
	return slog.String("failure", "not sent")
}
