package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// maxInputBytes bounds standard input: a pair of tokens is about 1.5 KB.
const maxInputBytes = 1 << 20

// refreshToken reads the refresh token from the file or, where that is empty, from standard input.
func (p *program) refreshToken(ctx context.Context, file string) (secret.String, error) {
	input, err := p.tokenInput(ctx, file)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(input))
	if strings.HasPrefix(text, "{") {
		var pair roomtokens.ClientToken
		if json.Unmarshal([]byte(text), &pair) != nil {
			return "", wrongUse("what should hold the refresh token is not valid JSON")
		}
		text = string(pair.RefreshToken)
	}
	if text == "" {
		return "", wrongUse("the refresh token is missing: give it on standard input, or in a file with -refresh-token-file")
	}
	return secret.String(text), nil
}

func (p *program) tokenInput(ctx context.Context, file string) (secret.String, error) {
	if file != "" {
		data, err := readSecretFile(file)
		if err != nil {
			return "", wrongUse("the file that -refresh-token-file names cannot be read: %w", err)
		}
		return data, nil
	}
	if isTerminal(p.stdin) {
		p.note("Paste the refresh token, then press Enter and Ctrl-D:")
	}
	return readAll(ctx, p.stdin)
}

// readAll reads until the end of r or of ctx: a read from a terminal does not end by itself.
func readAll(ctx context.Context, r io.Reader) (secret.String, error) {
	type outcome struct {
		data []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r, maxInputBytes+1))
		if err == nil && len(data) > maxInputBytes {
			err = errors.New("it is larger than 1 MiB")
		}
		done <- outcome{data, err}
	}()
	select {
	case read := <-done:
		if read.err != nil {
			return "", wrongUse("standard input cannot be read: %w", read.err)
		}
		return secret.String(read.data), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
