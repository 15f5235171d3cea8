// Package secret holds the one type through which API keys and tokens pass, and nothing else. The generated package
// api and the hand-written packages share it; it imports only the standard library.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a String shows of itself.
const redacted = "[REDACTED]"

// String is a string that prints as [REDACTED] in package fmt and in every handler of package log/slog. Encoded as JSON
// it is an ordinary string, since that is how it travels; string(s) reveals it.
//
// Two ways round it remain. Package fmt calls no method on an unexported field, nor where it reports a verb that does
// not fit (%w or %p on a String, %s on a struct that holds a pointer to one). And a handler that encodes a struct as
// JSON, as slog.JSONHandler does, shows the Strings in it unless the struct is a slog.LogValuer.
type String string

// Format implements fmt.Formatter: the verb and its flags change nothing.
func (String) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, redacted)
}

// String implements fmt.Stringer, for callers that ask for the text without package fmt.
func (String) String() string { return redacted }

// GoString implements fmt.GoStringer, for callers that ask for the Go syntax without package fmt.
func (String) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (String) LogValue() slog.Value { return slog.StringValue(redacted) }
