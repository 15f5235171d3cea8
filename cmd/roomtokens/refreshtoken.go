package main

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/term"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// maxInputBytes bounds standard input: a pair of tokens is about 1.5 KB.
const maxInputBytes = 1 << 20

const refreshVariable = "TELNYX_REFRESH_TOKEN"

// refreshToken reads the refresh token from the file or, where that is empty, from standard input.
func (p *program) refreshToken(ctx context.Context, file string) (secret.String, error) {
	if file == "" {
		input, err := p.readInput(ctx)
		if err != nil {
			return "", err
		}
		return parseRefreshToken(string(input))
	}
	input, err := readSecretFile(file)
	if err != nil {
		return "", usagef("the file that --refresh-token-file names cannot be read: %w", err)
	}
	return parseRefreshToken(string(input))
}

// parseRefreshToken finds the refresh token in the output of create, or is given it bare. Its errors quote nothing.
func parseRefreshToken(input string) (secret.String, error) {
	text := strings.TrimSpace(input)
	switch {
	case strings.HasPrefix(text, "{"):
		var pair roomtokens.ClientToken
		if json.Unmarshal([]byte(text), &pair) != nil {
			return "", usagef("the input is not valid JSON")
		}
		text = string(pair.RefreshToken)
	case strings.HasPrefix(text, "TELNYX_"):
		text = variableIn(text, refreshVariable)
	}
	// The characters of a token (RFC 6750, section 2.1).
	isToken := regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`).MatchString
	switch {
	case text == "":
		return "", usagef("the refresh token is missing: give it on standard input or with --refresh-token-file")
	case !isToken(text):
		return "", usagef("the input is neither a token nor the json or env output of roomtokens create")
	}
	return secret.String(text), nil
}

// variableIn returns the value of a variable as create writes it. A token needs no quotes.
func variableIn(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return value
		}
	}
	return ""
}

// readInput reads standard input to its end; on a terminal it reads a line, which is not shown.
func (p *program) readInput(ctx context.Context) (secret.String, error) {
	if !isTerminal(p.stdin) {
		return await(ctx, func() ([]byte, error) { return readBounded(p.stdin) })
	}
	fd := int(p.stdin.(*os.File).Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", usagef("the terminal cannot be read: %w", err)
	}
	p.note("Paste the refresh token, which is not shown, then press Enter:")
	token, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if err != nil {
		_ = term.Restore(fd, state) // the reader still waits, with the echo off
	}
	return token, err
}

func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInputBytes+1))
	if err == nil && len(data) > maxInputBytes {
		err = errors.New("it is larger than 1 MiB")
	}
	return data, err
}

// await returns the result of read, or the error of ctx if that ends first: no context interrupts reading a terminal.
func await(ctx context.Context, read func() ([]byte, error)) (secret.String, error) {
	type outcome struct {
		data []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		data, err := read()
		done <- outcome{data, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return "", usagef("standard input cannot be read: %w", o.err)
		}
		return secret.String(o.data), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
