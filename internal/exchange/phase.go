package exchange

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// phase is what an attempt is doing.
type phase int32

const (
	waitingForConnection phase = iota
	resolving
	connecting
	shakingHands
	waitingForResponse
	readingResponse
)

// String says what the attempt is doing, as in "timed out while …".
func (p phase) String() string {
	return [...]string{
		"waiting for a connection", "resolving the host", "connecting", "in the TLS handshake",
		"waiting for the response", "reading the response",
	}[p]
}

// progress follows an attempt. It never goes back: the dial that an attempt began may go on after another connection
// became free for it.
type progress struct {
	trace     httptrace.ClientTrace
	start     time.Time
	reached   atomic.Int32 // a phase
	connected atomic.Int64 // after start, in nanoseconds; valid from waitingForResponse on
}

// follow returns a context with which net/http tells p what the request is doing.
func (p *progress) follow(ctx context.Context) context.Context {
	p.start = time.Now()
	p.trace = httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { p.reach(resolving) },
		ConnectStart:      func(_, _ string) { p.reach(connecting) },
		TLSHandshakeStart: func() { p.reach(shakingHands) },
		GotConn: func(httptrace.GotConnInfo) {
			p.connected.Store(int64(time.Since(p.start)))
			p.reach(waitingForResponse)
		},
	}
	return httptrace.WithClientTrace(ctx, &p.trace)
}

func (p *progress) reach(next phase) {
	for {
		now := p.reached.Load()
		if int32(next) <= now || p.reached.CompareAndSwap(now, int32(next)) {
			return
		}
	}
}

func (p *progress) phase() phase { return phase(p.reached.Load()) }

// sinceConnected returns for how long the attempt has had a connection; zero where it has none.
func (p *progress) sinceConnected() time.Duration {
	if p.phase() < waitingForResponse {
		return 0
	}
	return time.Since(p.start) - time.Duration(p.connected.Load())
}
