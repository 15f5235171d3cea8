package roomtokenstest

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// Request is one request as it arrived, and the outcome. It has the first 4 KiB of the URI, of the body and of each
// header's value.
//
// Convert its secrets with string(…) to see them; printing a Request does not show them. Its JSON has no Authorization,
// and of the body's fields it shows only numbers, booleans and nulls, since every other field in the spec is a token.
// Of a body that is no JSON object, or was longer than 4 KiB, it shows nothing.
type Request struct {
	Time          time.Time     `json:"time"`      // when it arrived, by the server's clock
	Operation     api.Operation `json:"operation"` // empty if method and path are of none
	RoomID        uuid.UUID     `json:"room_id"`   // the nil UUID if that in the path is not a UUID
	Method        string        `json:"method"`    // "POST"
	URI           string        `json:"uri"`       // path and query
	Header        http.Header   `json:"headers"`   // without Authorization; not to be modified
	Authorization secret.String `json:"-"`         // that header's value, with its scheme: "Bearer KEY…"
	Body          secret.String `json:"-"`
	Status        int           `json:"status,omitzero"` // of the response; zero before it, and if there was none
	Code          string        `json:"code,omitzero"`   // of the refusal; empty where the body holds no video_Error
	Detail        string        `json:"detail,omitzero"` // of the refusal
	Fault         string        `json:"fault,omitzero"`  // the name of the fault that the request met
}

func newRequest(c *call, now time.Time, fault string) *Request {
	header := http.Header{}
	for name, values := range c.request.Header {
		for _, value := range values {
			header[name] = append(header[name], firstPart(value))
		}
	}
	header.Del("Authorization")
	return &Request{
		Time:          now.UTC(),
		Operation:     c.operation,
		RoomID:        c.room(),
		Method:        c.request.Method,
		URI:           firstPart(c.request.URL.RequestURI()),
		Header:        header,
		Authorization: secret.String(firstPart(c.request.Header.Get("Authorization"))),
		Body:          secret.String(firstPart(c.body)),
		Fault:         fault,
	}
}

// firstPart is a copy, so that the whole text does not stay in memory.
func firstPart[T string | []byte](text T) string {
	const size = 4 << 10
	return strings.Clone(string(text[:min(len(text), size)]))
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

// Requests returns the newest 10,000 requests so far, or those of them that filters select, in the order in which they
// arrived.
func (s *Server) Requests(of ...Filter) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Request{}
	for _, r := range s.requests {
		if selects(of, r.Operation, r.RoomID) {
			out = append(out, *r)
		}
	}
	return out
}

// ClearRequests forgets the requests so far, or those of them that filters select.
func (s *Server) ClearRequests(of ...Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = slices.DeleteFunc(s.requests, func(r *Request) bool { return selects(of, r.Operation, r.RoomID) })
}

// record keeps the newest requests. s.mu is held.
func (s *Server) record(r *Request) {
	const most = 10_000
	if s.requests = append(s.requests, r); len(s.requests) > most {
		s.requests = slices.Delete(s.requests, 0, 1)
	}
}
