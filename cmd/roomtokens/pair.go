package main

import (
	"context"
	"regexp"
	"strings"

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
		err = json.Unmarshal(pairJSON(set), &response)
	default:
		response.RefreshToken = secret.String(text)
	}
	pair := response.ClientToken
	if response.Data != (roomtokens.ClientToken{}) {
		pair = response.Data
	}
	// The characters of a token (RFC 6750, section 2.1).
	isToken := regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`).MatchString
	switch {
	case err != nil:
		return pair, usagef("the input is not the json or env output of roomtokens create")
	case pair.RefreshToken == "":
		return pair, usagef("the refresh token is missing: give it on standard input or in a file")
	case !isToken(string(pair.RefreshToken)):
		return pair, usagef("the input is neither a token nor the json or env output of roomtokens create")
	}
	return pair, nil
}

// pairJSON turns the env output of create into its JSON.
func pairJSON(set map[string]string) []byte {
	fields := map[string]string{}
	for variable, field := range map[string]string{
		clientVariable: "token", clientVariable + expirySuffix: "token_expires_at",
		refreshVariable: "refresh_token", refreshVariable + expirySuffix: "refresh_token_expires_at",
	} {
		if value := set[variable]; value != "" {
			fields[field] = value
		}
	}
	data, _ := json.Marshal(fields) // fails for invalid UTF-8 only, and is then not valid JSON
	return data
}
