package main

import (
	"context"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// keySource is where the environment says that the API key is.
type keySource struct {
	*program
	key  secret.String // when the command began; empty if there is none
	file string        // that may be replaced by one with another key; empty if there is none
}

// keySource finds the key in the environment, or in the file that it names.
func (p *program) keySource() (keySource, error) {
	k := keySource{p, secret.String(p.env(keyVariable)), p.env(keyFileVariable)}
	switch {
	case k.key != "" && k.file != "":
		return k, usagef("both %s and %s are set: unset one", keyVariable, keyFileVariable)
	case k.key != "":
		return k, checkKey(keyVariable, string(k.key))
	}
	key, err := k.current(context.Background()) // empty if there is no file either
	k.key = secret.String(key)
	if k.file == stdinName {
		k.file = "" // which can be read only once
	}
	return k, err
}

// current returns the key for one request. It reads the file again.
func (k keySource) current(context.Context) (string, error) {
	if k.file == "" {
		return string(k.key), nil
	}
	key, err := k.readInput(keyFileVariable, k.file)
	if err != nil {
		return "", err
	}
	return key, checkKey(keyFileVariable, key)
}

func checkKey(source, key string) error {
	if _, err := roomtokens.New(key); err != nil {
		return usagef("%s: %s", source, plain(err))
	}
	return nil
}

// requiredKey is keySource for a command that needs a key.
func (p *program) requiredKey() (keySource, error) {
	k, err := p.keySource()
	if err == nil && k.key == "" {
		err = usagef("there is no API key: set %s to one, or %s to the name of a file with one.\n"+
			"To try things out without a key: roomtokens demo, or roomtokens mock", keyVariable, keyFileVariable)
	}
	return k, err
}

// option has a client ask for the key with each request that takes it.
func (k keySource) option() roomtokens.Option {
	if k.key == "" {
		return roomtokens.WithoutAPIKey()
	}
	return roomtokens.WithAPIKeyFunc(k.current)
}
