package roomtokenstest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/roomtokens/roomtokens-go/api"
)

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

// MarshalJSON implements [encoding/json.Marshaler]. Several values of a header become one, with commas between them.
func (f Fault) MarshalJSON() ([]byte, error) {
	entry := scriptEntry{plainFault: plainFault(f)}
	if f.Times > 0 {
		entry.Times = &f.Times
	}
	if f.Status != 0 && f.Problems == nil {
		entry.Body = &f.Body // an empty one as well: without it, a script's refusal has Telnyx's
	}
	marshalers := json.JoinMarshalers(json.MarshalFunc(marshalDuration), json.MarshalFunc(marshalHeader))
	return json.Marshal(entry, json.WithMarshalers(marshalers), json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// scriptEntry is a Fault as a script has it.
type scriptEntry struct {
	plainFault
	Base  string  `json:"fault,omitzero"`
	Times *int    `json:"times,omitzero"`
	Body  *string `json:"body,omitzero"`
}

type plainFault Fault

// parseFault takes the named fault first, and then what stands beside its name.
func parseFault(data []byte) (Fault, error) {
	var given scriptEntry
	if err := unmarshalEntry(data, &given); err != nil {
		return Fault{}, err
	}
	if reflect.ValueOf(given).IsZero() {
		return Fault{}, errors.New("it is empty")
	}
	base, ok := Faults()[given.Base]
	if given.Base != "" && !ok {
		names := strings.Join(slices.Sorted(maps.Keys(Faults())), ", ")
		return Fault{}, fmt.Errorf("no fault is called %.64q; there are: %s", given.Base, names)
	}
	base.Name = cmp.Or(base.Name, "scripted")
	switch { // a response has one body, whichever of the two forms it is given in
	case given.Body != nil:
		base.Problems = nil
	case given.Problems != nil:
		base.Body = ""
	}
	entry := scriptEntry{plainFault: plainFault(base)}
	if err := unmarshalEntry(data, &entry); err != nil {
		return Fault{}, err
	}
	fault := Fault(entry.plainFault)
	if entry.Times != nil {
		if fault.Times = *entry.Times; fault.Times < 1 {
			return Fault{}, errors.New("times must be at least 1")
		}
	}
	if entry.Body != nil {
		fault.Body = *entry.Body
	} else if fault.Status >= http.StatusBadRequest && base.Status == 0 && fault.Problems == nil {
		fault.Problems = []api.VideoError{typicalRefusal(fault.Status).problem}
	}
	return fault, nil
}

// unmarshalEntry says what is wrong without the names of Go's types.
func unmarshalEntry(data []byte, entry *scriptEntry) error {
	unmarshalers := json.JoinUnmarshalers(json.UnmarshalFunc(unmarshalDuration), json.UnmarshalFunc(unmarshalHeader))
	err := json.Unmarshal(data, entry, json.RejectUnknownMembers(true), json.WithUnmarshalers(unmarshalers))
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

var errNoDuration = errors.New(`must be a duration such as "90s"`)

func marshalDuration(d time.Duration) ([]byte, error) { return json.Marshal(d.String()) }

func unmarshalDuration(data []byte, d *time.Duration) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errNoDuration
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return errNoDuration
	}
	*d = parsed
	return nil
}

func marshalHeader(header http.Header) ([]byte, error) {
	values := map[string]*string{}
	for name := range header {
		values[name] = nil
		if len(header[name]) > 0 {
			values[name] = new(strings.Join(header[name], ", "))
		}
	}
	return json.Marshal(values, json.Deterministic(true))
}

// unmarshalHeader changes the header that is there.
func unmarshalHeader(data []byte, header *http.Header) error {
	var values map[string]*string
	err := json.Unmarshal(data, &values)
	if *header == nil {
		*header = http.Header{}
	}
	for name, value := range values {
		(*header)[http.CanonicalHeaderKey(name)] = nil
		if value != nil {
			header.Set(name, *value)
		}
	}
	return err
}
