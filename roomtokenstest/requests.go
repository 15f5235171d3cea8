package roomtokenstest

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// Request is one request as it arrived, and what became of it. Its secrets are there in clear, behind string(…); printing a
// Request does not show them.
type Request struct {
	Time          time.Time     // of its arrival, by the server's clock
	Operation     string        // operation id in the spec; empty where path and method are none's
	RoomID        uuid.UUID     // the room in the path; the nil UUID where that is not a UUID
	Method        string        // "POST"
	URI           string        // path and query
	Header        http.Header   // without Authorization; not to be modified
	Authorization secret.String // that header's value, with its scheme: "Bearer KEY…"
	Body          secret.String // the first MiB of the body
	Status        int           // of the answer; zero before it is sent, and where the connection was broken before it
	Fault         string        // name of the fault that the request met; empty where it met none
}

// LogValue makes a log record of a Request show what %+v shows: no secret.
func (r Request) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", r)) }

// Requests returns what has arrived so far, in order of arrival.
func (s *Server) Requests() []Request { return s.requests.list() }

// requestLog keeps requests, or hands them to sink.
type requestLog struct {
	sink func(Request)

	mu   sync.Mutex
	kept []*Request
}

func (l *requestLog) add(entry *Request) {
	if l.sink != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, entry)
}

// met notes the fault that a request met.
func (l *requestLog) met(entry *Request, fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry.Fault = fault
}

// answered notes the status of the answer that is about to be sent.
func (l *requestLog) answered(entry *Request, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry.Status = status
}

// finish is called when the request is done with, however that came about.
func (l *requestLog) finish(entry *Request) {
	if l.sink != nil {
		l.sink(*entry)
	}
}

func (l *requestLog) list() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, len(l.kept))
	for i, entry := range l.kept {
		out[i] = *entry
	}
	return out
}

func newRequest(c *call, now time.Time) *Request {
	header := maps.Clone(c.request.Header)
	header.Del("Authorization")
	return &Request{
		Time:          now.UTC(),
		Operation:     c.operation(),
		RoomID:        c.room(),
		Method:        c.request.Method,
		URI:           c.request.URL.RequestURI(),
		Header:        header,
		Authorization: secret.String(c.request.Header.Get("Authorization")),
		Body:          secret.String(c.body),
	}
}
