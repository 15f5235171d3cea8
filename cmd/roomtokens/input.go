package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxInputBytes bounds an input: a pair of tokens is about 1.5 KB.
const maxInputBytes = 1 << 20

// stdinName names standard input where a file is to be named.
const stdinName = "-"

// readInput returns what a file holds, in UTF-8. Its errors begin with the flag or variable that named the file.
func (p *program) readInput(ctx context.Context, source, file string) (string, error) {
	if file == stdinName {
		source = "standard input"
	}
	done := make(chan input, 1)
	go func() { done <- p.open(file) }()
	select {
	case in := <-done:
		if in.err != nil {
			return "", usagef("%s: %w", source, in.err)
		}
		return in.text, nil
	case <-ctx.Done(): // which interrupts no read of a terminal or a pipe
		return "", ctx.Err()
	}
}

// input is a text, or why there is none.
type input struct {
	text string
	err  error
}

func (p *program) open(name string) input {
	if name == stdinName {
		return readAll(p.stdin)
	}
	file, err := os.Open(name) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return input{err: err}
	}
	defer func() { _ = file.Close() }()
	return readAll(file)
}

// readAll decodes what editors and shells on Windows write: a byte order mark, and UTF-16 after it.
func readAll(r io.Reader) input {
	utf8 := transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	text, err := io.ReadAll(io.LimitReader(utf8, maxInputBytes+1))
	if err == nil && len(text) > maxInputBytes {
		err = errors.New("it is larger than 1 MiB")
	}
	return input{string(text), err}
}

// variables returns those of Telnyx's variables that a text sets as a shell would. A key or a token needs no quotes,
// but may have them.
func variables(text string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if strings.HasPrefix(name, "TELNYX_") {
			found[name] = strings.Trim(value, `"'`)
		}
	}
	return found
}
