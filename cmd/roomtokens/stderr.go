package main

import (
	"io"
	"regexp"
)

// secretPattern matches what may be a key or a token: 40 or more characters of those that they consist of (RFC 6750,
// section 2.1), or of their escapes in a URL. Keys have 58 characters and JWTs over 100, but a UUID has 36. A slash
// ends a match, so that paths stay readable.
var secretPattern = regexp.MustCompile(`[\w.~+%-]{40,}`)

const redacted = "[REDACTED]"

func redact(text string) string { return secretPattern.ReplaceAllString(text, redacted) }

// redactingWriter redacts each write on its own, and passes it on.
type redactingWriter struct{ w io.Writer }

// Write implements io.Writer.
func (r redactingWriter) Write(p []byte) (int, error) {
	_, err := io.WriteString(r.w, redact(string(p)))
	return len(p), err
}
