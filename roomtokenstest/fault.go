package roomtokenstest

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// Fault changes how the server handles a request. [Faults] has the common ones, to be used as they are or with a field
// changed. A Fault with only Times set lets requests pass. The zero Fault is refused: it is what the map of Faults
// returns for a name that it does not have.
//
// If Status is set, the response is the fault's: the request is not validated, and the response may break the spec.
// Otherwise the server responds as usual.
//
// The tags are the names in a script, which [ParseFaults] reads.
type Fault struct {
	Name      string        `json:"name"`      // shown in [Request.Fault] and in the report of unused faults
	Operation api.Operation `json:"operation"` // whose requests it is for; empty for all, even those of none
	RoomID    uuid.UUID     `json:"room_id"`   // whose requests it is for; the nil UUID for all, even those of none
	Times     int           `json:"times"`     // how many requests it is for; zero for one
	Lasts     time.Duration `json:"lasts"`     // in place of Times: all requests for this long from the first on

	Delay     time.Duration `json:"delay"`      // before the response, while the request's context lasts
	Reset     bool          `json:"reset"`      // the connection breaks before the response
	Truncate  bool          `json:"truncate"`   // the connection breaks in the middle of the body
	ClockSkew time.Duration `json:"clock_skew"` // added to the server's clock for this response

	Status   int              `json:"status"`   // of the fault's own response, 200 to 599; zero for the server's
	Header   http.Header      `json:"headers"`  // set in either response; one without values is removed
	Problems []api.VideoError `json:"problems"` // body of the fault's response, in the form of a refusal
	Body     string           `json:"body"`     // body of the fault's response as it is, if there are no Problems
	Size     int              `json:"size"`     // bytes that the body is filled up to with white space
}

// Validate says what of f contradicts itself; nil if nothing does.
func (f Fault) Validate() error {
	noBody := f.Status == http.StatusNoContent || f.Status == http.StatusNotModified
	hasBody := f.Problems != nil || f.Body != ""
	var reason string
	switch {
	case reflect.ValueOf(f).IsZero():
		reason = "it is empty: Faults has no fault of that name, if it came from there"
	case f.Operation != "" && !slices.Contains(api.Operations(), f.Operation):
		return fmt.Errorf("operation %.64q is none of %v", f.Operation, api.Operations())
	case f.Times < 0 || f.Lasts < 0 || f.Delay < 0 || f.Size < 0:
		reason = "a count, a time or a size is negative"
	case f.Times > 0 && f.Lasts > 0:
		reason = "both times and lasts are set"
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		reason = "status is not 200 to 599"
	case f.Status == 0 && hasBody:
		reason = "a body needs a status"
	case f.Problems != nil && f.Body != "":
		reason = "both problems and body are set"
	case noBody && (hasBody || f.Size > 0):
		reason = "status has no body"
	case f.Truncate && f.Status != 0 && !hasBody && f.Size == 0:
		reason = "there is no body to truncate"
	default:
		return f.validateContent()
	}
	return errors.New(reason)
}

// validateContent refuses headers that net/http sets by itself, and what HTTP or JSON cannot carry.
func (f Fault) validateContent() error {
	for name, values := range f.Header {
		if !isField(name, values) {
			return fmt.Errorf("header %q is invalid", name)
		}
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade":
			return fmt.Errorf("header %s cannot be set", name)
		}
	}
	if _, err := json.Marshal(f.Problems); err != nil {
		return errors.New("problems cannot be encoded")
	}
	return nil
}

// isField reports whether HTTP can carry a header field (RFC 9110, sections 5.1 and 5.5).
func isField(name string, values []string) bool {
	const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	isControl := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	return name != "" && strings.Trim(name, tchar) == "" && !strings.ContainsFunc(strings.Join(values, ""), isControl)
}
