package roomtokenstest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/roomtokens/roomtokens-go/api"
)

// Fault is what happens to a request in place of the usual, or beside it. [Faults] has the common ones; a Fault can as
// well be written down, or be one of those with a field changed. One with only Times set lets requests pass; the zero
// Fault is refused, since that is what Faults has under a name that it does not know.
//
// If Status is set, the response is the fault's: nothing else of the request is looked at, and the response is not held
// against the spec. Otherwise it is the server's own.
//
// In JSON, durations are texts such as "1m30s", a header's value is one text or, to take the header away, null, and
// "fault" names one of [Faults], which the other fields change.
type Fault struct {
	Name      string        `json:"name"`      // for [Request.Fault] and the report of unused faults
	Operation api.Operation `json:"operation"` // whose requests it is for; empty for all, those of no operation included
	Times     int           `json:"times"`     // how many requests it is for; zero for one
	Lasts     time.Duration `json:"lasts"`     // in place of Times: every request for this long from the first one on

	Delay     time.Duration `json:"delay"`      // before the response, while the request's context lasts
	Reset     bool          `json:"reset"`      // the connection breaks before the response
	Truncate  bool          `json:"truncate"`   // the connection breaks in the middle of the body
	ClockSkew time.Duration `json:"clock_skew"` // added to the server's clock for this response

	Status   int              `json:"status"`   // of the fault's own response, 200 to 599; zero for the server's
	Header   http.Header      `json:"headers"`  // set in either response; one without values takes that header away
	Problems []api.VideoError `json:"problems"` // body of the fault's response, in the form of the server's refusals
	Body     string           `json:"body"`     // body of the fault's response as it is, if there are no Problems
	Size     int              `json:"size"`     // bytes that the body is filled up to with white space
}

// ParseFaults reads a JSON array of faults. It refuses names that it does not know, and what [Fault.Validate] refuses.
func ParseFaults(script []byte) ([]Fault, error) {
	var entries []jsontext.Value
	err := json.Unmarshal(script, &entries)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, fmt.Errorf("roomtokenstest: faults are not JSON: %w at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if err != nil || entries == nil { // JSON's null leaves it nil
		return nil, errors.New("roomtokenstest: faults are not a JSON array")
	}
	faults := make([]Fault, len(entries))
	for i, entry := range entries {
		fault, err := parseFault(entry)
		if err == nil {
			err = fault.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("roomtokenstest: fault %d: %w", i+1, err)
		}
		faults[i] = fault
	}
	return faults, nil
}

// faultJSON is a Fault with the fields that JSON writes in another way.
type faultJSON struct {
	Fault
	Base      string             `json:"fault"`
	Lasts     durationText       `json:"lasts"`
	Delay     durationText       `json:"delay"`
	ClockSkew durationText       `json:"clock_skew"`
	Headers   map[string]*string `json:"headers"`
}

// parseFault takes the named fault first, and then what stands beside its name.
func parseFault(data []byte) (Fault, error) {
	var entry faultJSON
	if err := unmarshalFault(data, &entry); err != nil {
		return Fault{}, err
	}
	base, ok := Faults()[entry.Base]
	if entry.Base != "" && !ok {
		return Fault{}, fmt.Errorf("nothing is called %q", entry.Base)
	}
	base.Name = cmp.Or(base.Name, "scripted")
	entry = faultJSON{
		Fault:     base,
		Lasts:     durationText(base.Lasts),
		Delay:     durationText(base.Delay),
		ClockSkew: durationText(base.ClockSkew),
	}
	err := unmarshalFault(data, &entry)
	fault := entry.Fault
	fault.Lasts, fault.Delay = time.Duration(entry.Lasts), time.Duration(entry.Delay)
	fault.ClockSkew = time.Duration(entry.ClockSkew)
	for name, value := range entry.Headers {
		if fault.Header == nil {
			fault.Header = http.Header{}
		}
		fault.Header[http.CanonicalHeaderKey(name)] = nil
		if value != nil {
			fault.Header.Set(name, *value)
		}
	}
	return fault, err
}

// unmarshalFault says what is wrong without the names of Go's types.
func unmarshalFault(data []byte, entry *faultJSON) error {
	err := json.Unmarshal(data, entry, json.RejectUnknownMembers(true))
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return err
	}
	place := cmp.Or(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "it")
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("%s is not a field", place)
	case errors.Is(err, errNoDuration):
		return fmt.Errorf("%s %w", place, errNoDuration)
	}
	return fmt.Errorf("%s is not of the right type", place)
}

var errNoDuration = errors.New("must be a duration such as 90s")

// durationText is a time.Duration that JSON writes as "1m30s".
type durationText time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *durationText) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return errNoDuration
	}
	*d = durationText(parsed)
	return nil
}

// Validate says what of f contradicts itself; nil if nothing does.
func (f Fault) Validate() error {
	noBody := f.Status == http.StatusNoContent || f.Status == http.StatusNotModified
	hasBody := f.Problems != nil || f.Body != ""
	var reason string
	switch {
	case reflect.ValueOf(f).IsZero():
		reason = "it is empty; does Faults have its name?"
	case f.Operation != "" && !slices.Contains(api.Operations(), f.Operation):
		reason = "operation is not in the spec"
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
		return f.validateHeader()
	}
	return errors.New(reason)
}

// validateHeader refuses what net/http sets by itself, and what HTTP cannot carry.
func (f Fault) validateHeader() error {
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
