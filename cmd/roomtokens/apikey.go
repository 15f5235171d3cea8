package main

import (
	"context"
	"strings"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	keyVariable     = "TELNYX_API_KEY"
	keyFileVariable = "TELNYX_API_KEY_FILE"
)

// apiKey returns the key in the environment or in the file that it names; empty if there is none.
func (p *program) apiKey(ctx context.Context) (secret.String, error) {
	source, key, file := keyVariable, p.env(keyVariable), p.env(keyFileVariable)
	switch {
	case key != "" && file != "":
		return "", usagef("both %s and %s are set: unset one", keyVariable, keyFileVariable)
	case file != "":
		text, err := p.readInput(ctx, keyFileVariable, file)
		if err != nil {
			return "", err
		}
		source, key = keyFileVariable, keyIn(text)
	case key == "":
		return "", nil
	}
	if _, err := roomtokens.New(key); err != nil {
		return "", usagef("%s: %s", source, plain(err))
	}
	return secret.String(key), nil
}

// keyIn returns the key in a file, which holds it on its own or as mock writes it.
func keyIn(text string) string {
	if set := variables(text); len(set) > 0 {
		return set[keyVariable]
	}
	return strings.TrimSpace(text)
}

// requiredAPIKey is apiKey for a command that needs one.
func (p *program) requiredAPIKey(ctx context.Context) (secret.String, error) {
	key, err := p.apiKey(ctx)
	if err == nil && key == "" {
		return "", usagef("there is no API key: set %s to one, or %s to the name of a file with one.\n"+
			"To try things out without a key: roomtokens demo, or roomtokens mock", keyVariable, keyFileVariable)
	}
	return key, err
}
