package main

import (
	"io"
	"regexp"
	"time"
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

// maxQueuedWrites is how many writes a lossyWriter holds before it drops the next one.
const maxQueuedWrites = 1024

// lossyWriter hands what is written to a goroutine that writes it to another writer. It never blocks: what the other
// writer does not take in time is dropped.
type lossyWriter struct {
	queue   chan []byte // nil marks the end
	flushed chan struct{}
}

func newLossyWriter(w io.Writer) *lossyWriter {
	l := &lossyWriter{queue: make(chan []byte, maxQueuedWrites), flushed: make(chan struct{})}
	go func() {
		defer close(l.flushed)
		for data := range l.queue {
			if data == nil {
				return
			}
			_, _ = w.Write(data) // there is nowhere else to report it
		}
	}()
	return l
}

// Write implements io.Writer.
func (l *lossyWriter) Write(p []byte) (int, error) {
	select {
	case l.queue <- append([]byte{}, p...):
	default:
	}
	return len(p), nil
}

// close waits for what is queued to be written, for as long as the timeout. What is written later is dropped.
func (l *lossyWriter) close(timeout time.Duration) {
	deadline := time.After(timeout)
	select {
	case l.queue <- nil:
	case <-deadline:
		return
	}
	select {
	case <-l.flushed:
	case <-deadline:
	}
}
