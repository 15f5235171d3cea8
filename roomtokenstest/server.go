package roomtokenstest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// The operation ids of the spec, as in [Request.Operation] and [Fault.Operation].
const (
	CreateOperation  = "CreateRoomClientToken"
	RefreshOperation = "RefreshRoomClientToken"
)

// Server is a fake of the Telnyx API's two room client token operations. It is an [http.Handler] for any host, with the
// operations under /v2 as in the spec, and is safe for concurrent use. It has no goroutine and needs no closing.
type Server struct {
	spec   *spec
	tokens *issuer

	keys              *keyring
	rooms             roomSet
	skew              time.Duration
	forbiddenEnvelope bool
	tb                TB

	requests requestLog

	mu      sync.Mutex // guards what follows
	limiter limiter
	faults  faultQueue
	revoked map[string]struct{} // the ids of refresh tokens
}

// NewServer returns a Server with an API key and a signing key of its own.
func NewServer(opts ...Option) *Server {
	s := &Server{
		spec:    loadSpec(),
		tokens:  newIssuer(),
		keys:    newKeyring(),
		limiter: limiter{limit: 1_000_000, window: time.Second},
		revoked: map[string]struct{}{},
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// APIKey returns the API key that the server takes for every room. It is drawn at random for each server.
func (s *Server) APIKey() string { return string(s.keys.own) }

// Client returns a client that has the server's API key and calls it in memory. Options come on top; it panics where
// [roomtokens.New] refuses one.
func (s *Server) Client(opts ...roomtokens.Option) *roomtokens.Client {
	all := append([]roomtokens.Option{roomtokens.WithHTTPClient(s.HTTPClient())}, opts...)
	client, err := roomtokens.New(s.APIKey(), all...)
	if err != nil {
		panic(fmt.Sprintf("roomtokenstest: Client: %v", err))
	}
	return client
}

// Verify checks a client token as Telnyx's media edge would, when a participant joins: that this server has signed it, that
// it is a client token, and that its time has come and not passed by the server's clock. Which room it is for is in the Claims. The error matches [ErrTokenInvalid] or
// [ErrTokenExpired].
func (s *Server) Verify(token secret.String) (Claims, error) {
	claims, err := s.tokens.verify(token, typeAccess, s.now())
	if err != nil {
		return Claims{}, fmt.Errorf("roomtokenstest: Verify: %w", err)
	}
	return claims.export(), nil
}

// Revoke makes the server refuse a refresh token with 403 from now on. Client tokens that it was traded for stay good. The
// error matches [ErrTokenInvalid] or [ErrTokenExpired] where the server would not have taken the token anyway.
func (s *Server) Revoke(refreshToken secret.String) error {
	claims, err := s.tokens.verify(refreshToken, typeRefresh, s.now())
	if err != nil {
		return fmt.Errorf("roomtokenstest: Revoke: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[claims.ID] = struct{}{}
	return nil
}

// now reads the server's clock.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// ServeHTTP implements [http.Handler]. A broken connection, as a fault scripts it, is a panic with [http.ErrAbortHandler],
// of which package http makes one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.arrive(r)
	defer s.requests.finish(c.entry)
	fault, limits := s.admit(c)
	s.requests.met(c.entry, fault.Name)
	if !wait(r.Context(), fault.Delay) || fault.Reset {
		panic(http.ErrAbortHandler)
	}
	c.now = s.now().Add(fault.ClockSkew)
	a := s.answer(c, fault, limits)
	s.requests.answered(c.entry, a.status)
	a.send(w, fault)
}

// admit takes the fault that is due for the request, and counts the request.
func (s *Server) admit(c *call) (Fault, rateLimit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	limits := s.limiter.count(now)
	fault, until := s.faults.take(c.operation(), now)
	if fault.Status == http.StatusTooManyRequests {
		limits = limits.exhausted(until, now)
	}
	return fault, limits
}

// wait lets d pass. It reports false where ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
