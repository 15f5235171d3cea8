package main

import (
	"io"
	"regexp"
)

// secretPattern is what may be a key or a token: 40 or more of the characters of theirs (RFC 6750, section 2.1), also
// when a URL escapes them. Keys have 58, JWTs over 100; a UUID has 36. A slash ends it, since paths are worth reading.
var secretPattern = regexp.MustCompile(`[\w.~+%-]{40,}`)

const redacted = "[REDACTED]"

func redact(text string) string { return secretPattern.ReplaceAllString(text, redacted) }

// redactingWriter redacts what is written to it, each write on its own.
type redactingWriter struct{ w io.Writer }

// Write implements io.Writer.
func (r redactingWriter) Write(p []byte) (int, error) {
	_, err := io.WriteString(r.w, redact(string(p)))
	return len(p), err
}
