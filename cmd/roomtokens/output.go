package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// format is a form of output; empty for the default.
type format string

const (
	formatJSON format = "json"
	formatText format = "text"
	formatEnv  format = "env"
)

// textOrJSON describes the default in the help of a command that ends with its result.
const textOrJSON = "text on a terminal, json elsewhere"

func (f *format) define(cmd *cobra.Command, byDefault string) {
	const name = "output"
	cmd.Flags().FuncP(name, "o", "form of the result: json, text or env; by default "+byDefault, f.set)
	completeFlag(cmd, name, cobra.ShellCompDirectiveNoFileComp, "json", "text", "env")
}

func (f *format) set(value string) error {
	switch *f = format(value); *f {
	case formatJSON, formatText, formatEnv:
		return nil
	}
	return errors.New("must be json, text or env")
}

// result is the output of a command: what JSON and variables are made of, and a text for people.
type result struct {
	fields any
	text   string
}

// write writes r to standard output.
func (p *program) write(f format, r result) error {
	out, err := r.in(f.orDefault(p.stdout))
	if err == nil {
		_, err = io.WriteString(p.stdout, out)
	}
	if err != nil {
		return usagef("the result cannot be written: %w", err)
	}
	return nil
}

func (r result) in(f format) (string, error) {
	if f == formatText {
		return r.text, nil
	}
	data, err := json.Marshal(r.fields, json.Deterministic(true))
	if err == nil && f == formatEnv {
		return variablesOf(data)
	}
	return string(data) + "\n", err
}

// variablesOf turns the JSON of a result into lines that set variables in a shell.
func variablesOf(data []byte) (string, error) {
	values := map[string]string{}
	err := json.Unmarshal(data, &values)
	var b strings.Builder
	for _, v := range []struct{ field, name string }{
		{"base_url", baseURLVariable},
		{"api_key", keyVariable},
		{"token", "TELNYX_CLIENT_TOKEN"},
		{"token_expires_at", "TELNYX_CLIENT_TOKEN_EXPIRES_AT"},
		{"refresh_token", "TELNYX_REFRESH_TOKEN"},
		{"refresh_token_expires_at", "TELNYX_REFRESH_TOKEN_EXPIRES_AT"},
	} {
		if value := values[v.field]; value != "" {
			fmt.Fprintf(&b, "%s=%s\n", v.name, shellQuote(value))
		}
	}
	return b.String(), err
}

// shellQuote quotes a value for a shell: a server must not run commands in it.
func shellQuote(s string) string {
	if regexp.MustCompile(`^[\w.:/+=@-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// orDefault returns f or else the default: text on a terminal, JSON elsewhere.
func (f format) orDefault(w io.Writer) format {
	switch {
	case f != "":
		return f
	case isTerminal(w):
		return formatText
	}
	return formatJSON
}

// isTerminal takes any character device for a terminal.
func isTerminal(stream any) bool {
	file, _ := stream.(*os.File)
	info, err := file.Stat() // an error for nil
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tokenResult shows tokens in full.
func tokenResult(t *roomtokens.ClientToken) result {
	return result{t, tokenText("Client token", t.Token, t.TokenExpiresAt) +
		tokenText("Refresh token", t.RefreshToken, t.RefreshTokenExpiresAt)}
}

func tokenText(label string, token secret.String, expiresAt time.Time) string {
	if token == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s\n%s\n", label, end(expiresAt), printable(string(token)))
}

// end says when a token expires, in UTC and from now.
func end(at time.Time) string {
	if at.IsZero() {
		return "end unknown"
	}
	return fmt.Sprintf("ends %s, in %v", at.UTC().Format("2006-01-02 15:04:05 MST"), time.Until(at).Round(time.Second))
}

// printable quotes control characters: a server must not control the terminal.
func printable(s string) string {
	if quoted := strconv.QuoteToASCII(s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}
