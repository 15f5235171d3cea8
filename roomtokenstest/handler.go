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
	handle := func(methodAndSpace, path string, c call) {
		for _, prefix := range []string{serverPath(), ""} {
			mux.HandleFunc(methodAndSpace+prefix+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, c) })
		}
	}
	methods := map[string][]string{}
	for _, operation := range api.Operations() {
		methods[operation.Path()] = append(methods[operation.Path()], operation.Method())
		handle(operation.Method()+" ", operation.Path(), call{operation: operation})
	}
	for path, allowed := range methods {
		handle("", path, call{methods: allowed})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, call{}) })
	return mux
}

// ServeHTTP implements [http.Handler]. A broken connection, as a fault scripts it, is a panic with
// [http.ErrAbortHandler], which package http turns into one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean("/"+r.URL.Path) != r.URL.Path { // which the mux would redirect
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
	s.setStatus(recorded, resp.status)
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

// room returns the room in the path; the nil UUID if there is none. RFC 9562 gives a UUID one form, where package uuid
// reads others as well.
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
	fault, until := s.faults.take(c.operation, now)
	if fault.Status == http.StatusTooManyRequests {
		c.limits = c.limits.exhausted(until, now)
	}
	recorded := newRequest(c, now, fault.Name)
	s.recorded.add(recorded)
	return fault, recorded
}

func (s *Server) setStatus(recorded *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recorded.Status = status
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
