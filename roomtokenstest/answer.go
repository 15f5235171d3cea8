package roomtokenstest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// answer is a response before it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// jsonAnswer encodes a value of this package or of package api, none of which fails to encode.
func jsonAnswer(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic("roomtokenstest: answer: " + err.Error())
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// envelope is the form that most of Telnyx's refusals come in.
type envelope struct {
	Errors []api.VideoError `json:"errors"`
}

// refuse puts problems in the form that the server answers them in.
func (s *Server) refuse(status int, problems ...api.VideoError) answer {
	if status == http.StatusForbidden && len(problems) == 1 && !s.forbiddenEnvelope {
		return jsonAnswer(status, problems[0])
	}
	return jsonAnswer(status, envelope{Errors: problems})
}

// answer is what the call gets: the fault's answer or else the server's own, with the headers that either bears.
func (s *Server) answer(c *call, fault Fault, limits rateLimit) answer {
	var a answer
	switch {
	case fault.Status == 0:
		a = s.checked(c, s.handle(c, limits))
	case fault.Problems != nil:
		a = s.refuse(fault.Status, fault.Problems...)
	default:
		a = answer{status: fault.Status, header: http.Header{}, body: []byte(fault.Body)}
	}
	a.header.Set("Date", c.now.UTC().Format(http.TimeFormat))
	a.header.Set("X-Request-Id", uuid.NewString())
	limits.addTo(a.header)
	for name, values := range fault.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	return a
}

// checked is one of the server's own answers, which the spec must know. A bug in this package is all that can make it
// otherwise.
func (s *Server) checked(c *call, a answer) answer {
	if err := s.spec.checkAnswer(c, a, s.forbiddenEnvelope); err != nil {
		return s.broken(c, err)
	}
	return a
}

// broken fails loudly: in the test, where there is one, and with a 500 that says why.
func (s *Server) broken(c *call, err error) answer {
	const text = "roomtokenstest: the fake's own answer breaks the spec"
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Errorf("%s: %s: %v", text, c.operation(), err)
	}
	r := refusalOf(CodeUnexpected)
	r.problem.Detail = text + ": " + err.Error()
	return s.refuse(r.status, r.problem)
}

// send writes the answer, or as much of it as the fault lets through.
func (a answer) send(w http.ResponseWriter, fault Fault) {
	size := max(len(a.body), fault.Size)
	maps.Copy(w.Header(), a.header)
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(size))
	}
	w.WriteHeader(a.status)
	if fault.Truncate {
		a.write(w, size/2)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	a.write(w, size)
}

// write sends so many bytes: the body, and white space after it where it is shorter. That the client is gone by then is not
// the server's business.
func (a answer) write(w io.Writer, size int) {
	if size <= len(a.body) {
		_, _ = w.Write(a.body[:size])
		return
	}
	_, _ = w.Write(a.body)
	const chunk = 32 << 10
	padding := strings.Repeat(" ", chunk)
	for left := size - len(a.body); left > 0; left -= chunk {
		if _, err := io.WriteString(w, padding[:min(left, chunk)]); err != nil {
			return
		}
	}
}
