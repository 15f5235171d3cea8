package roomtokenstest

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
)

// maxBodyBytes is how much of a request's body is read.
const maxBodyBytes = 1 << 20

// roomParameter is the path parameter of both operations.
const roomParameter = "room_id"

// call is one request on its way through the server.
type call struct {
	request  *http.Request
	body     []byte // at most maxBodyBytes
	tooLarge bool
	route    *routers.Route // nil where the request is for no operation
	params   map[string]string
	found    int       // the status that finding the route came to
	now      time.Time // when it is answered, by the server's clock
	entry    *Request
}

// arrive reads a request and keeps it for Requests.
func (s *Server) arrive(r *http.Request) *call {
	c := &call{request: r}
	if err := c.read(); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	c.route, c.params, c.found = s.spec.route(r)
	c.entry = newRequest(c, s.now())
	s.requests.add(c.entry)
	return c
}

// read takes in the body, and leaves it to be read again.
func (c *call) read() error {
	var body []byte
	if c.request.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(c.request.Body, maxBodyBytes+1)); err != nil {
			return err
		}
	}
	if len(body) > maxBodyBytes {
		body, c.tooLarge = body[:maxBodyBytes], true
	}
	c.body = body
	c.request = c.request.WithContext(c.request.Context()) // a copy, for validation puts another body in
	c.request.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// room is the room in the path, or the nil UUID.
func (c *call) room() uuid.UUID {
	text := c.params[roomParameter]
	if checkUUID(text) != nil {
		return uuid.Nil
	}
	return uuid.MustParse(text)
}

// operation is the operation id, or empty.
func (c *call) operation() string {
	if c.route == nil {
		return ""
	}
	return c.route.Operation.OperationID
}
