package main

import (
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

// readInput returns what a file holds, in UTF-8 and without space around it. Its errors begin with the flag or variable
// that named the file.
func (p *program) readInput(source, file string) (string, error) {
	if file == stdinName {
		source = "standard input"
	}
	text, err := p.readFile(file)
	if err != nil {
		return "", usagef("%s: %w", source, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (p *program) readFile(name string) ([]byte, error) {
	if name == stdinName {
		if isTerminal(p.stdin) && !p.quiet {
			p.note("roomtokens: reading standard input, until its end (Ctrl-D)")
		}
		return readAll(p.stdin)
	}
	file, err := os.Open(name) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readAll(file)
}

// readAll decodes what editors and shells on Windows write: a byte order mark, and UTF-16 after it.
func readAll(r io.Reader) ([]byte, error) {
	utf8 := transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	text, err := io.ReadAll(io.LimitReader(utf8, maxInputBytes+1))
	if err == nil && len(text) > maxInputBytes {
		err = errors.New("it is larger than 1 MiB")
	}
	return text, err
}

// pair reads a pair of tokens, or a refresh token alone, from the file that a flag names.
func (p *program) pair(flag, file string) (roomtokens.ClientToken, error) {
	text, err := p.readInput("--"+flag, file)
	if err != nil {
		return roomtokens.ClientToken{}, err
	}
	return parsePair(text)
}

// parsePair reads the JSON of create or of the API, or else a refresh token. Its errors quote nothing.
func parsePair(text string) (roomtokens.ClientToken, error) {
	var response struct {
		roomtokens.ClientToken
		Data roomtokens.ClientToken `json:"data"`
	}
	var err error
	if strings.HasPrefix(text, "{") {
		err = json.Unmarshal([]byte(text), &response)
	} else {
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
		return pair, usagef("the input is neither the JSON of roomtokens create nor a refresh token")
	}
	return pair, nil
}
