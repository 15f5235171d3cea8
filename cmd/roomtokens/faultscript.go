package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// scriptedFault is one fault in a script. A field that is zero changes nothing of a ready-made fault.
type scriptedFault struct {
	Fault     string             `json:"fault"`
	Name      string             `json:"name"`
	Operation string             `json:"operation"`
	Times     int                `json:"times"`
	Lasts     duration           `json:"lasts"`
	Delay     duration           `json:"delay"`
	Reset     bool               `json:"reset"`
	Truncate  bool               `json:"truncate"`
	ClockSkew duration           `json:"clock_skew"`
	Status    int                `json:"status"`
	Headers   map[string]*string `json:"headers"`
	Problems  []api.VideoError   `json:"problems"`
	Body      string             `json:"body"`
	Size      int                `json:"size"`
}

// duration is a time.Duration that JSON writes as "1m30s".
type duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("must be a duration such as 90s")
	}
	*d = duration(parsed)
	return nil
}

// readFaults reads a fault script; without a file, there are no faults.
func readFaults(file string) ([]roomtokenstest.Fault, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, err
	}
	var script []scriptedFault
	if err := json.Unmarshal(data, &script, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	faults := make([]roomtokenstest.Fault, len(script))
	for i, s := range script {
		if faults[i], err = s.fault(); err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", file, i+1, err)
		}
	}
	return faults, nil
}

// fault is the fault that s describes.
func (s scriptedFault) fault() (roomtokenstest.Fault, error) {
	f := roomtokenstest.Fault{Name: fmt.Sprintf("status %d", s.Status)}
	if s.Status == 0 {
		f.Name = "scripted"
	}
	if s.Fault != "" {
		var ok bool
		if f, ok = roomtokenstest.Named(s.Fault); !ok {
			return f, fmt.Errorf("there is no ready-made fault %q; see: roomtokens help mock", s.Fault)
		}
	}
	set(&f.Name, s.Name)
	set(&f.Operation, s.Operation)
	set(&f.Times, s.Times)
	set(&f.Lasts, time.Duration(s.Lasts))
	set(&f.Delay, time.Duration(s.Delay))
	set(&f.Reset, s.Reset)
	set(&f.Truncate, s.Truncate)
	set(&f.ClockSkew, time.Duration(s.ClockSkew))
	set(&f.Status, s.Status)
	set(&f.Body, s.Body)
	set(&f.Size, s.Size)
	if s.Problems != nil {
		f.Problems = s.Problems
	}
	setHeaders(&f, s.Headers)
	return f, f.Validate()
}

func set[T comparable](dst *T, value T) {
	var zero T
	if value != zero {
		*dst = value
	}
}

func setHeaders(f *roomtokenstest.Fault, headers map[string]*string) {
	if f.Header == nil {
		f.Header = http.Header{}
	}
	for name, value := range headers {
		name = http.CanonicalHeaderKey(name)
		f.Header[name] = nil
		if value != nil {
			f.Header[name] = []string{*value}
		}
	}
}
