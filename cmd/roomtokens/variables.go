package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
)

const (
	keyVariable     = "TELNYX_API_KEY"
	keyFileVariable = "TELNYX_API_KEY_FILE"
	roomIDVariable  = "TELNYX_ROOM_ID"
	baseURLVariable = "TELNYX_BASE_URL"
)

// field is one of a result, with its names in JSON and in the environment.
type field struct{ name, variable string }

// fields returns the fields of a mock and of a pair of tokens, in the order in which variables are written.
func fields() []field {
	return []field{
		{"base_url", baseURLVariable},
		{"api_key", keyVariable},
		{"token", "TELNYX_CLIENT_TOKEN"},
		{"token_expires_at", "TELNYX_CLIENT_TOKEN_EXPIRES_AT"},
		{"refresh_token", "TELNYX_REFRESH_TOKEN"},
		{"refresh_token_expires_at", "TELNYX_REFRESH_TOKEN_EXPIRES_AT"},
	}
}

// variablesOf turns the JSON of a result into lines that set variables in a shell.
func variablesOf(data []byte) (string, error) {
	values := map[string]string{}
	err := json.Unmarshal(data, &values)
	var b strings.Builder
	for _, f := range fields() {
		if value := values[f.name]; value != "" {
			fmt.Fprintf(&b, "%s=%s\n", f.variable, shellQuote(value))
		}
	}
	return b.String(), err
}

// fieldsOf is the reverse of variablesOf.
func fieldsOf(set map[string]string) []byte {
	values := map[string]string{}
	for _, f := range fields() {
		if value := set[f.variable]; value != "" {
			values[f.name] = value
		}
	}
	data, _ := json.Marshal(values) // fails for invalid UTF-8 only, and is then not valid JSON
	return data
}

// shellQuote quotes a value for a shell: a server must not run commands in it.
func shellQuote(s string) string {
	if regexp.MustCompile(`^[\w.:/+=@-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// variables returns the TELNYX_ variables that the lines of a text set, with or without quotes and export.
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
