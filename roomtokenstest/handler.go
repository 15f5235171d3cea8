package roomtokenstest

import (
	"context"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// maxBodyBytes is how large a request's body may be.
const maxBodyBytes = 1 << 20

// call is one request on its way through the server.
type call struct {
	request   *http.Request
	operation api.Operation // empty if method and path are of none
	methods   []string      // of the operations that have the path, if it is the method that is wrong
	body      []byte        // at most maxBodyBytes, and one more if it is too large
	now       time.Time     // by the server's clock, when the response is made
	limits    rateLimit
}

// newMux routes each operation of the spec, under the path of the spec's server and without it.
func (s *Server) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, prefix := range []string{serverPath(), ""} {
		methods := map[string][]string{}
		for _, operation := range api.Operations() {
			path := prefix + operation.Path()
			methods[path] = append(methods[path], operation.Method())
			mux.Handle(operation.Method()+" "+path, s.handler(call{operation: operation}))
		}
		for path, allowed := range methods {
			mux.Handle(path, s.handler(call{methods: allowed}))
		}
	}
	mux.Handle("/", s.handler(call{}))
	return mux
}

// handler serves requests of one route; c is what the route says of them.
func (s *Server) handler(c call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, c) }
}

// ServeHTTP implements [http.Handler]. Where a fault breaks the connection, it panics with [http.ErrAbortHandler]: that
// has package http close the connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean("/"+r.URL.Path) != r.URL.Path { // the mux would redirect to the clean path
		s.serve(w, r, call{})
		return
	}
	s.mux.ServeHTTP(w, r)
}

// serve reads a request, records it, and writes the response or what a fault makes of it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, c call) {
	c.request = r
	if err := c.readBody(); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	fault, recorded := s.accept(&c)
	defer func() { s.onRequest(*recorded) }()
	if !wait(c.request.Context(), fault.Delay) || fault.Reset {
		panic(http.ErrAbortHandler)
	}
	c.now = s.now().Add(fault.ClockSkew)
	resp := s.respond(&c, fault)
	s.setOutcome(recorded, resp)
	resp.write(w, fault)
}

// readBody keeps no more than it needs, but reads to the end: a client that is still sending when the connection closes
// may not see the response.
func (c *call) readBody() (err error) {
	if c.request.Body == nil {
		return nil
	}
	if c.body, err = io.ReadAll(io.LimitReader(c.request.Body, maxBodyBytes+1)); err == nil {
		_, err = io.Copy(io.Discard, c.request.Body)
	}
	return err
}

// room returns the room in the path; the nil UUID if there is none. The length refuses forms that package uuid reads
// beside that of RFC 9562, such as one in braces.
func (c *call) room() uuid.UUID {
	const textLength = 36
	text := c.request.PathValue(roomParameter)
	room, err := uuid.Parse(text)
	if err != nil || len(text) != textLength {
		return uuid.Nil
	}
	return room
}

// accept counts the request, takes the fault that is due for it, and records it.
func (s *Server) accept(c *call) (Fault, *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	c.limits = s.limiter.count(now)
	fault, until := s.faults.take(c.operation, c.room(), now)
	if fault.Status == http.StatusTooManyRequests {
		c.limits = c.limits.exhausted(until, now)
	}
	recorded := newRequest(c, now, fault.Name)
	s.record(recorded)
	return fault, recorded
}

func (s *Server) setOutcome(recorded *Request, resp *response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recorded.Status = resp.status
	if len(resp.problems) > 0 {
		recorded.Code, recorded.Detail = resp.problems[0].Code, resp.problems[0].Detail
	}
}

// wait lets d pass. It reports false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
