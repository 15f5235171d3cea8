package roomtokenstest

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// Request is one request as it arrived, and the outcome. Convert its secrets with string(…) to see them; printing a
// Request does not show them. Its JSON has no Authorization, and of the body's fields it shows only numbers, booleans
// and nulls, since every other field in the spec is a token.
type Request struct {
	Time          time.Time     `json:"time"`            // when it arrived, by the server's clock
	Operation     api.Operation `json:"operation"`       // empty if method and path are of none
	RoomID        uuid.UUID     `json:"room_id"`         // the nil UUID if that in the path is not a UUID
	Method        string        `json:"method"`          // "POST"
	URI           string        `json:"uri"`             // path and query
	Header        http.Header   `json:"headers"`         // without Authorization; not to be modified
	Authorization secret.String `json:"-"`               // that header's value, with its scheme: "Bearer KEY…"
	Body          secret.String `json:"-"`               // its first MiB
	Status        int           `json:"status,omitzero"` // of the response; zero before it, and if there was none
	Fault         string        `json:"fault,omitzero"`  // the name of the fault that the request met
}

func newRequest(c *call, now time.Time, fault string) *Request {
	header := c.request.Header.Clone()
	header.Del("Authorization")
	return &Request{
		Time:          now.UTC(),
		Operation:     c.operation,
		RoomID:        c.room(),
		Method:        c.request.Method,
		URI:           c.request.URL.RequestURI(),
		Header:        header,
		Authorization: secret.String(c.request.Header.Get("Authorization")),
		Body:          secret.String(c.body[:min(len(c.body), maxBodyBytes)]),
		Fault:         fault,
	}
}

// LogValue makes a log record of a Request show what %+v shows: no secret.
func (r Request) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", r)) }

// MarshalJSON implements [encoding/json.Marshaler].
func (r Request) MarshalJSON() ([]byte, error) {
	type plain Request
	return json.Marshal(struct {
		plain
		Body any `json:"body,omitzero"`
	}{plain(r), redactBody(r.Body)}, jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
}

// redactBody returns nil for a body that is empty.
func redactBody(body secret.String) any {
	const longestName = 36
	if body == "" {
		return nil
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		return body.String()
	}
	for name, value := range fields {
		switch value.(type) {
		case float64, bool, nil:
		default:
			fields[name] = body.String()
		}
		if len(name) > longestName { // it may be a token
			delete(fields, name)
		}
	}
	return fields
}

// Requests returns the newest requests so far, in the order in which they arrived: up to 10,000, and up to 64 MiB.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.recorded.requests))
	for i, r := range s.recorded.requests {
		out[i] = *r
	}
	return out
}

// ClearRequests forgets the requests so far.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorded = recording{}
}

// What a recording holds at most.
const (
	maxRequests      = 10_000
	maxRecordedBytes = 64 << 20
)

// recording is the newest requests.
type recording struct {
	requests []*Request
	bytes    int
}

func (r *recording) add(req *Request) {
	r.requests = append(r.requests, req)
	r.bytes += req.size()
	for len(r.requests) > maxRequests || r.bytes > maxRecordedBytes {
		r.bytes -= r.requests[0].size()
		r.requests[0] = nil // for the garbage collector
		r.requests = r.requests[1:]
	}
}

// size is about what a request holds in memory.
func (r *Request) size() int {
	const fixed, perValue = 512, 64
	n := fixed + len(r.URI) + len(r.Authorization) + len(r.Body)
	for name, values := range r.Header {
		n += perValue + len(name)
		for _, value := range values {
			n += perValue + len(value)
		}
	}
	return n
}
