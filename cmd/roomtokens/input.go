package main

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
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
	case <-ctx.Done(): // the read goes on, since nothing interrupts one of a terminal or a pipe
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

const pairForms = `on its own, in the JSON or the
variables that roomtokens create writes, or in the JSON of the API`

// pair reads a pair of tokens, or a refresh token alone, from the file that a flag names.
func (p *program) pair(ctx context.Context, flag, file string) (roomtokens.ClientToken, error) {
	text, err := p.readInput(ctx, "--"+flag, file)
	if err != nil {
		return roomtokens.ClientToken{}, err
	}
	return parsePair(strings.TrimSpace(text))
}

// parsePair reads the pair in any of its forms. Its errors quote nothing.
func parsePair(text string) (roomtokens.ClientToken, error) {
	var response struct {
		roomtokens.ClientToken
		Data roomtokens.ClientToken `json:"data"`
	}
	var err error
	switch set := variables(text); {
	case strings.HasPrefix(text, "{"):
		err = json.Unmarshal([]byte(text), &response)
	case len(set) > 0:
		err = json.Unmarshal(fieldsOf(set), &response)
	default:
		response.RefreshToken = secret.String(text)
	}
	pair := response.ClientToken
	if response.Data != (roomtokens.ClientToken{}) {
		pair = response.Data
	}
	token := regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`) // RFC 6750, section 2.1
	switch {
	case err == nil && pair.RefreshToken == "":
		return pair, usagef("the refresh token is missing: give it on standard input or in a file")
	case err != nil || !token.MatchString(string(pair.RefreshToken)):
		return pair, usagef("the input is neither a token nor the json or env output of roomtokens create")
	}
	return pair, nil
}
