package roomtokenstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Fault is what happens to a request in place of the usual, or beside it. The functions of this package return the common
// ones; a Fault can as well be written down, or be one of those with a field changed. The zero Fault changes nothing.
//
// Where Status is set, the answer is the fault's: nothing else of the request is looked at, and the answer is not held
// against the spec. Otherwise it is the server's own.
type Fault struct {
	Name      string        // for [Request.Fault] and the report of unused faults
	Operation string        // operation id of the requests that meet it; empty for all, those for no operation included
	Times     int           // how many requests meet it; zero for one
	Lasts     time.Duration // in place of Times: every request for so long after the first, by the server's clock

	Delay     time.Duration // waited for before the answer, while the request's context lasts
	Reset     bool          // the connection breaks before the answer
	Truncate  bool          // the connection breaks in the middle of the body
	ClockSkew time.Duration // the server's clock is off by so much for this answer

	Status   int              // of the fault's own answer, 200 to 599; zero for the server's
	Header   http.Header      // added to either answer, over its own; one without values takes that header away
	Problems []api.VideoError // body of the fault's answer, in the form in which the server refuses: an envelope or, for 403, bare
	Body     string           // body of the fault's answer as it is, where there are no Problems
	Size     int              // bytes that the body is filled up to with white space
}

// On returns f for the requests of one operation.
func (f Fault) On(operation string) Fault {
	f.Operation = operation
	return f
}

// Repeat returns f for so many requests.
func (f Fault) Repeat(times int) Fault {
	f.Times = times
	return f
}

// Validate says what about f makes no sense; nil where nothing does.
func (f Fault) Validate() error {
	invalid := func(text string) error { return fmt.Errorf("roomtokenstest: fault %q: %s", f.Name, text) }
	switch {
	case f.Operation != "" && f.Operation != CreateOperation && f.Operation != RefreshOperation:
		return invalid("operation is not in the spec")
	case f.Times < 0 || f.Lasts < 0 || f.Delay < 0 || f.Size < 0:
		return invalid("a count, a time or a size is negative")
	case f.Times > 0 && f.Lasts > 0:
		return invalid("both Times and Lasts are set")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return invalid("status is not 200 to 599")
	case f.Status == 0 && (f.Problems != nil || f.Body != ""):
		return invalid("a body needs a status")
	case f.Problems != nil && f.Body != "":
		return invalid("both Problems and Body are set")
	case (f.Status == http.StatusNoContent || f.Status == http.StatusNotModified) && (f.Problems != nil || f.Body != "" || f.Size > 0):
		return invalid("status has no body")
	case f.Truncate && f.Status != 0 && f.Problems == nil && f.Body == "" && f.Size == 0:
		return invalid("there is no body to truncate")
	}
	if _, err := json.Marshal(f.Problems); err != nil {
		return invalid("Problems cannot be encoded")
	}
	return f.validateHeader()
}

// validateHeader keeps out what the server needs to set by itself.
func (f Fault) validateHeader() error {
	for name := range f.Header {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade":
			return fmt.Errorf("roomtokenstest: fault %q: header %s cannot be set", f.Name, name)
		}
	}
	return nil
}

// Inject queues faults. A request meets the first fault in the queue that is for its operation, and no more than that one;
// once a fault is used up, it leaves. Inject panics where [Fault.Validate] finds something.
func (s *Server) Inject(faults ...Fault) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			panic(err.Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, queuedFault{Fault: f, left: max(f.Times, 1)})
	}
}

// Unused says which faults the requests so far have not used up; nil where there are none. With [WithTB], the end of the
// test asks for it.
func (s *Server) Unused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.faults {
		if f.until.IsZero() {
			errs = append(errs, fmt.Errorf("roomtokenstest: fault %q is not used up: %d left", f.Name, f.left))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) reportUnused() {
	if err := s.Unused(); err != nil {
		s.tb.Helper()
		s.tb.Errorf("%v", err)
	}
}
