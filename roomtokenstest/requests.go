package roomtokenstest

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// Request is one request as it arrived, and what became of it. Its secrets are there in clear, behind string(…);
// printing a Request does not show them, and its JSON leaves them out.
type Request struct {
	Time          time.Time     `json:"time"`             // when it arrived, by the server's clock
	Operation     api.Operation `json:"operation"`        // empty if method and path are of none
	RoomID        uuid.UUID     `json:"room_id"`          // the nil UUID if that in the path is not a UUID
	Method        string        `json:"method"`           // "POST"
	URI           string        `json:"uri"`              // path and query
	Header        http.Header   `json:"headers"`          // without Authorization; not to be modified
	Authorization secret.String `json:"-"`                // that header's value, with its scheme: "Bearer KEY…"
	Body          secret.String `json:"-"`                // its first MiB
	Status        int           `json:"status,omitempty"` // of the response; zero before it, and if there was none
	Fault         string        `json:"fault,omitempty"`  // the name of the fault that the request met
}

// LogValue makes a log record of a Request show what %+v shows: no secret.
func (r Request) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", r)) }

// maxRequests is how many requests a Server keeps.
const maxRequests = 10_000

// Requests returns the newest 10,000 requests so far, in the order in which they arrived.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.requests))
	for i, r := range s.requests {
		out[i] = *r
	}
	return out
}

// record keeps the request.
func (s *Server) record(c *call) *Request {
	header := c.request.Header.Clone()
	header.Del("Authorization")
	r := &Request{
		Time:          s.now().UTC(),
		Operation:     c.operation,
		RoomID:        c.room(),
		Method:        c.request.Method,
		URI:           c.request.URL.RequestURI(),
		Header:        header,
		Authorization: secret.String(c.request.Header.Get("Authorization")),
		Body:          secret.String(c.body[:min(len(c.body), maxBodyBytes)]),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == maxRequests {
		s.requests[0] = nil // for the garbage collector
		s.requests = s.requests[1:]
	}
	s.requests = append(s.requests, r)
	return r
}

func (s *Server) update(r *Request, change func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(r)
}

func (s *Server) logRequest(r *Request) { s.onRequest(*r) }
