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

// ParseFaults reads a fault script: a JSON array, each entry of which is one of two things.
//
// A named fault has the name of one of [Faults] in "fault", and beside it no other fields than "operation", "room_id",
// "times" or "lasts", and a "name" of its own.
//
// A whole fault has the fields of [Fault], under the names in its tags. Durations are texts such as "1m30s", and a
// header's value is one text, or null to remove the header. A status from 400 on has the body that Telnyx gives it,
// unless there are problems or a body, which may be empty.
//
// ParseFaults refuses what is neither, and what [Fault.Validate] refuses.
func ParseFaults(script []byte) ([]Fault, error) {
	var entries []jsontext.Value
	err := json.Unmarshal(script, &entries)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, fmt.Errorf("roomtokenstest: faults are not JSON: %w at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if entries == nil { // which JSON's null leaves it, too
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

// scriptEntry is a fault as a script has it. A pointer tells what is not there from what is zero.
type scriptEntry struct {
	Fault
	Named string  `json:"fault"`
	Times *int    `json:"times"`
	Body  *string `json:"body"`
}

func parseFault(data []byte) (Fault, error) {
	var entry scriptEntry
	if err := entry.unmarshal(data); err != nil {
		return Fault{}, err
	}
	switch {
	case reflect.ValueOf(entry).IsZero():
		return Fault{}, errors.New("it is empty")
	case entry.Times != nil && *entry.Times < 1:
		return Fault{}, errors.New("times must be at least 1")
	case entry.Times != nil:
		entry.Fault.Times = *entry.Times
	}
	if entry.Named != "" {
		return entry.named()
	}
	return entry.whole(), nil
}

// named is the fault of that name, for the requests that the entry selects.
func (e *scriptEntry) named() (Fault, error) {
	fault, ok := Faults()[e.Named]
	if !ok {
		names := strings.Join(slices.Sorted(maps.Keys(Faults())), ", ")
		return Fault{}, fmt.Errorf("no fault is called %.64q; there are: %s", e.Named, names)
	}
	selectors := Fault{
		Name: e.Name, Operation: e.Operation, RoomID: e.RoomID, Times: e.Fault.Times, Lasts: e.Lasts,
	}
	if e.Body != nil || !reflect.DeepEqual(e.Fault, selectors) {
		return Fault{}, errors.New("a named fault takes operation, room_id, times, lasts and name, and nothing else")
	}
	fault.Name = cmp.Or(e.Name, fault.Name)
	fault.Operation, fault.RoomID = e.Operation, e.RoomID
	if selectors.Times > 0 || selectors.Lasts != 0 {
		fault.Times, fault.Lasts = selectors.Times, selectors.Lasts
	}
	return fault, nil
}

// whole is the fault that the entry spells out.
func (e *scriptEntry) whole() Fault {
	fault := e.Fault
	fault.Name = cmp.Or(fault.Name, "scripted")
	switch {
	case e.Body != nil:
		fault.Body = *e.Body
	case fault.Status >= http.StatusBadRequest && fault.Problems == nil:
		fault.Problems = []api.VideoError{typicalRefusal(fault.Status).problem}
	}
	return fault
}

// unmarshal says what is wrong without the names of Go's types.
func (e *scriptEntry) unmarshal(data []byte) error {
	unmarshalers := json.JoinUnmarshalers(json.UnmarshalFunc(unmarshalDuration), json.UnmarshalFunc(unmarshalHeader))
	err := json.Unmarshal(data, e, json.RejectUnknownMembers(true), json.WithUnmarshalers(unmarshalers))
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

func unmarshalDuration(data []byte, d *time.Duration) (err error) {
	var text string
	_ = json.Unmarshal(data, &text) // what is not text leaves it empty, which is not a duration either
	if *d, err = time.ParseDuration(text); err != nil {
		return errNoDuration
	}
	return nil
}

func unmarshalHeader(data []byte, header *http.Header) error {
	var values map[string]*string
	err := json.Unmarshal(data, &values)
	*header = http.Header{}
	for name, value := range values {
		(*header)[http.CanonicalHeaderKey(name)] = nil
		if value != nil {
			header.Set(name, *value)
		}
	}
	return err
}
