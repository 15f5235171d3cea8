package roomtokenstest

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// response is a response before it is written.
type response struct {
	status   int
	header   http.Header
	body     []byte
	problems []api.VideoError // that the body holds
}

// newResponse encodes a value of package api, none of which fails to encode.
func newResponse(status int, value any) *response {
	body, err := json.Marshal(value)
	if err != nil {
		panic("roomtokenstest: response: " + err.Error())
	}
	return &response{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// envelope is the form that most of Telnyx's refusals have.
type envelope struct {
	Errors []api.VideoError `json:"errors"`
}

// refuse puts problems in the form of the server's refusals.
func (s *Server) refuse(status int, problems ...api.VideoError) *response {
	var body any = envelope{Errors: problems}
	if status == http.StatusForbidden && len(problems) == 1 && !s.forbiddenEnvelope {
		body = problems[0]
	}
	resp := newResponse(status, body)
	resp.problems = problems
	if status == http.StatusUnauthorized {
		resp.header.Set("WWW-Authenticate", "Bearer") // RFC 9110, section 15.5.2
	}
	return resp
}

// respond returns the fault's response or else the server's own, and sets the headers that every response has.
func (s *Server) respond(c *call, fault Fault) *response {
	var resp *response
	switch {
	case fault.Status == 0:
		resp = s.handle(c)
	case fault.Problems != nil:
		resp = s.refuse(fault.Status, fault.Problems...)
	default:
		resp = &response{status: fault.Status, header: http.Header{}, body: []byte(fault.Body)}
	}
	resp.header.Set("Date", c.now.UTC().Format(http.TimeFormat))
	resp.header.Set("X-Request-Id", uuid.NewString())
	c.limits.addTo(resp.header)
	for name, values := range fault.Header {
		resp.header[http.CanonicalHeaderKey(name)] = values
	}
	return resp
}

// handle does what the call asks for.
func (s *Server) handle(c *call) *response {
	result, refused := s.perform(c)
	if refused == nil {
		return newResponse(c.operation.SuccessStatus(), result)
	}
	resp := s.refuse(refused.status, refused.problem)
	if refused.status == http.StatusMethodNotAllowed {
		resp.header.Set("Allow", strings.Join(c.methods, ", "))
	}
	return resp
}

// write writes the response, or as much of it as the fault lets through.
func (r *response) write(w http.ResponseWriter, fault Fault) {
	size := max(len(r.body), fault.Size)
	maps.Copy(w.Header(), r.header)
	w.Header().Set("Content-Length", strconv.Itoa(size)) // package http leaves it out where a status has no body
	w.WriteHeader(r.status)
	if fault.Truncate {
		r.writeBody(w, size/2)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	r.writeBody(w, size)
}

// writeBody writes size bytes: the body, and white space after it if it is shorter. It ignores errors: they mean that
// the client is gone.
func (r *response) writeBody(w io.Writer, size int) {
	if size <= len(r.body) {
		_, _ = w.Write(r.body[:size])
		return
	}
	_, _ = w.Write(r.body)
	_, _ = io.CopyN(w, whiteSpace{}, int64(size-len(r.body)))
}

// whiteSpace is a reader without an end.
type whiteSpace struct{}

// Read implements io.Reader.
func (whiteSpace) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
