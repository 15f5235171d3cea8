package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	keyVariable     = "TELNYX_API_KEY"
	keyFileVariable = "TELNYX_API_KEY_FILE"
)

// apiKey returns the key in the environment or in the file that it names; empty if there is none.
func (p *program) apiKey() (secret.String, error) {
	key, file := p.env(keyVariable), p.env(keyFileVariable)
	switch {
	case key != "" && file != "":
		return "", usagef("both %s and %s are set: unset one", keyVariable, keyFileVariable)
	case file == "":
		return secret.String(key), nil
	}
	data, err := readSecretFile(file)
	if err != nil {
		return "", usagef("the file that %s names cannot be read: %w", keyFileVariable, err)
	}
	if data == "" {
		return "", usagef("the file that %s names is empty", keyFileVariable)
	}
	return data, nil
}

// requiredAPIKey is apiKey for a command that needs one.
func (p *program) requiredAPIKey() (secret.String, error) {
	key, err := p.apiKey()
	if err == nil && key == "" {
		return "", usagef("there is no API key: set %s to one, or %s to the name of a file with one.\n"+
			"To try things out without a key: roomtokens demo, or roomtokens mock", keyVariable, keyFileVariable)
	}
	return key, err
}

// readSecretFile returns the content of a file without the newline at its end. Its errors do not name the file: by
// mistake, the name could be the secret.
func readSecretFile(name string) (secret.String, error) {
	data, err := os.ReadFile(name) //nolint:gosec // whoever runs the program names the file
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return "", path.Err
	}
	return secret.String(trimNewline(string(data))), err
}

func trimNewline(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
}
