package main

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	clientVariable  = "TELNYX_CLIENT_TOKEN"
	refreshVariable = "TELNYX_REFRESH_TOKEN"
	expirySuffix    = "_EXPIRES_AT"
)

const pairForms = `on its own, in the JSON or the
variables that roomtokens create writes, or in the JSON of the API`

// pair reads a pair of tokens from the file that a flag names.
func (p *program) pair(ctx context.Context, flag, file string) (roomtokens.ClientToken, error) {
	text, err := p.readInput(ctx, "--"+flag, file)
	if err != nil {
		return roomtokens.ClientToken{}, err
	}
	return parsePair(text)
}

// parsePair reads a pair of tokens as create or the API writes it, or a bare refresh token. Its errors quote nothing.
func parsePair(text string) (roomtokens.ClientToken, error) {
	text = strings.TrimSpace(text)
	set := variables(text)
	pair := roomtokens.ClientToken{RefreshToken: secret.String(text)}
	var err error
	switch {
	case strings.HasPrefix(text, "{"):
		pair, err = pairFromJSON(text)
	case len(set) > 0:
		pair, err = pairFromVariables(set)
	}
	// The characters of a token (RFC 6750, section 2.1).
	isToken := regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`).MatchString
	switch {
	case err != nil:
		return pair, err
	case pair.RefreshToken == "":
		return pair, usagef("the refresh token is missing: give it on standard input or in a file")
	case !isToken(string(pair.RefreshToken)):
		return pair, usagef("the input is neither a token nor the json or env output of roomtokens create")
	}
	return pair, nil
}

func pairFromJSON(text string) (roomtokens.ClientToken, error) {
	var document struct {
		roomtokens.ClientToken
		Data *roomtokens.ClientToken `json:"data"`
	}
	if json.Unmarshal([]byte(text), &document) != nil {
		return document.ClientToken, usagef("the input is not the JSON of a pair of tokens")
	}
	if document.Data != nil {
		return *document.Data, nil
	}
	return document.ClientToken, nil
}

func pairFromVariables(set map[string]string) (pair roomtokens.ClientToken, err error) {
	pair.Token = secret.String(set[clientVariable])
	pair.RefreshToken = secret.String(set[refreshVariable])
	if pair.TokenExpiresAt, err = expiry(set[clientVariable+expirySuffix]); err != nil {
		return pair, err
	}
	pair.RefreshTokenExpiresAt, err = expiry(set[refreshVariable+expirySuffix])
	return pair, err
}

// expiry returns the zero time for a text that is empty.
func expiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("the input has an expiry that is not a time such as 2026-01-02T15:04:05Z")
	}
	return at, nil
}
