package roomtokenstest

import (
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// Option configures a [Server].
type Option func(*Server)

// TB is what the fake needs of a test. [testing.TB] satisfies it; this package does not import testing, so that a program
// may serve the fake.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// WithTB fails the test t where the fake's own answer breaks the spec, and at the test's end, where a fault has not been
// used up.
func WithTB(t TB) Option {
	return func(s *Server) {
		s.tb = t
		t.Cleanup(s.reportUnused)
	}
}

// WithRooms makes these the only rooms that exist. Without it, every room does. The nil UUID never names one.
func WithRooms(rooms ...uuid.UUID) Option {
	return func(s *Server) { s.rooms = newSet(rooms) }
}

// WithAPIKey makes key valid beside the server's own, for every room, or for none but the rooms given.
func WithAPIKey(key secret.String, rooms ...uuid.UUID) Option {
	return func(s *Server) {
		s.keys.rooms[key] = nil
		if len(rooms) > 0 {
			s.keys.rooms[key] = newSet(rooms)
		}
	}
}

// WithClockSkew sets the server's clock off from [time.Now]: a positive skew has it run ahead. It shows in the Date header,
// in tokens and their ends, and in [Request.Time].
func WithClockSkew(skew time.Duration) Option {
	return func(s *Server) { s.skew = skew }
}

// WithRateLimit refuses what goes beyond so many requests per window with 429. The first request begins a window, as does
// the first one after a window's end. Without it, a million requests a second are allowed.
func WithRateLimit(requests int, window time.Duration) Option {
	return func(s *Server) { s.limiter = limiter{limit: requests, window: window} }
}

// WithForbiddenEnvelope answers 403 with {"errors": [video_Error]}, as Telnyx often does, in place of the bare video_Error
// that the spec documents.
func WithForbiddenEnvelope() Option {
	return func(s *Server) { s.forbiddenEnvelope = true }
}

// WithRequestLog hands each request to log once it has been answered, in place of keeping it for [Server.Requests]: for a
// server that runs for long. log must be safe for concurrent use.
func WithRequestLog(log func(Request)) Option {
	return func(s *Server) { s.requests.sink = log }
}
