package roomtokenstest

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// Server is a fake of the Telnyx API's two room client token operations. It is an [http.Handler] for any host, with the
// operations under /v2, as in the spec, and without it. It is safe for concurrent use, has no goroutine and needs no
// closing. Printing it shows no key.
type Server struct {
	mux    *http.ServeMux
	tokens *issuer
	keys   *keyring

	rooms             roomSet
	skew              time.Duration
	forbiddenEnvelope bool
	onRequest         func(Request)
	tb                TB

	mu       sync.Mutex // guards what follows
	limiter  limiter
	faults   faultQueue
	requests []*Request
	revoked  map[string]struct{} // the ids of refresh tokens
}

// Option configures a [Server].
type Option func(*Server)

// NewServer returns a Server with an API key and a signing key of its own.
func NewServer(opts ...Option) *Server {
	s := &Server{
		tokens:    newIssuer(),
		keys:      newKeyring(),
		onRequest: func(Request) {},
		limiter:   limiter{limit: 1_000_000, window: time.Second},
		revoked:   map[string]struct{}{},
	}
	s.mux = s.newMux()
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// TB is what the fake needs of a test. [testing.TB] satisfies it; this package does not import testing, so that a
// program may serve the fake.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// WithTB fails the test t at its end if a fault has not been used up.
func WithTB(t TB) Option {
	return func(s *Server) {
		s.tb = t
		t.Cleanup(s.reportUnused)
	}
}

// WithRooms makes these the only rooms that exist. Without it, every room does. The nil UUID never names one.
func WithRooms(rooms ...uuid.UUID) Option {
	return func(s *Server) { s.rooms = newRoomSet(rooms) }
}

// WithAPIKey makes key valid beside the server's own, for every room, or for none but the rooms given. An empty key is
// never valid.
func WithAPIKey(key secret.String, rooms ...uuid.UUID) Option {
	return func(s *Server) {
		s.keys.rooms[key] = nil
		if len(rooms) > 0 {
			s.keys.rooms[key] = newRoomSet(rooms)
		}
	}
}

// WithClockSkew sets the server's clock off from [time.Now]: a positive skew has it run ahead. It shows in the Date
// header, in tokens and their expiry, and in [Request.Time].
func WithClockSkew(skew time.Duration) Option {
	return func(s *Server) { s.skew = skew }
}

// WithRateLimit refuses what exceeds the given number of requests per window with 429. The first request begins a
// window, as does the first one after a window's end. Without it, a million requests a second are allowed.
func WithRateLimit(requests int, window time.Duration) Option {
	return func(s *Server) { s.limiter = limiter{limit: requests, window: window} }
}

// WithForbiddenEnvelope responds to 403 with {"errors": [video_Error]}, as Telnyx often does, in place of the bare
// video_Error that the spec documents.
func WithForbiddenEnvelope() Option {
	return func(s *Server) { s.forbiddenEnvelope = true }
}

// WithRequestLog calls log with each request once it has its response. log must be safe for concurrent use.
func WithRequestLog(log func(Request)) Option {
	return func(s *Server) { s.onRequest = log }
}

// Format implements [fmt.Formatter]: package fmt would read the fields while requests change them, and show the keys
// for a verb such as %s.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "roomtokenstest.Server") }

// APIKey returns the API key that the server accepts for every room. It is drawn at random for each server.
func (s *Server) APIKey() string { return string(s.keys.own) }

// PublicKey returns the key with which the signatures of the server's tokens can be verified.
func (s *Server) PublicKey() ed25519.PublicKey { return s.tokens.public }

// KeyID returns the "kid" in the header of the server's tokens: the thumbprint of the public key (RFC 7638, RFC 8037).
func (s *Server) KeyID() string { return s.tokens.keyID }

// Client returns a client that has the server's API key and calls it in memory. Options come on top; it panics if
// [roomtokens.New] refuses one.
func (s *Server) Client(opts ...roomtokens.Option) *roomtokens.Client {
	all := append([]roomtokens.Option{roomtokens.WithHTTPClient(s.HTTPClient())}, opts...)
	client, err := roomtokens.New(s.APIKey(), all...)
	if err != nil {
		panic(fmt.Sprintf("roomtokenstest: Client: %v", err))
	}
	return client
}

// Reset forgets the requests, the faults, the revocations and the window of the rate limit. Keys and tokens stay valid.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.requests, s.revoked = faultQueue{}, nil, map[string]struct{}{}
	s.limiter.begins = time.Time{}
}

// Verify checks a client token as Telnyx's media edge would, when a participant joins: that this server has signed it,
// that it is a client token, and that it is valid by the server's clock. Which room it is for is in the Claims. The
// error matches [ErrTokenInvalid] or [ErrTokenExpired].
func (s *Server) Verify(token secret.String) (Claims, error) {
	claims, err := s.tokens.verify(token, typeAccess, s.now())
	if err != nil {
		return Claims{}, fmt.Errorf("roomtokenstest: Verify: %w", err)
	}
	return *claims, nil
}

// Revoke makes the server refuse a refresh token with 403 from now on. Client tokens that came of it stay valid. The
// error matches [ErrTokenInvalid] or [ErrTokenExpired] if the server would not have accepted the token anyway.
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

func (s *Server) isRevoked(claims *Claims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, revoked := s.revoked[claims.ID]
	return revoked
}

// now reads the server's clock.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }
