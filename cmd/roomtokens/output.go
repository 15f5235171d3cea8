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
)

// format is a form of output; empty for the default.
type format string

const (
	formatJSON format = "json"
	formatText format = "text"
	formatEnv  format = "env"
)

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

// result is the output of a command, in each form.
type result struct {
	json any
	text string
	env  []variable
}

type variable struct{ name, value string }

// write writes r to standard output.
func (p *program) write(f format, r result) error {
	out, err := r.in(f.orDefault(p.stdout))
	if err != nil {
		return usagef("the result cannot be written: %w", err)
	}
	if _, err := io.WriteString(p.stdout, out); err != nil {
		return usagef("the result cannot be written: %w", err)
	}
	return nil
}

func (r result) in(f format) (string, error) {
	switch f {
	case formatText:
		return r.text, nil
	case formatEnv:
		var b strings.Builder
		for _, v := range r.env {
			fmt.Fprintf(&b, "%s=%s\n", v.name, shellQuote(v.value))
		}
		return b.String(), nil
	}
	data, err := json.Marshal(r.json, json.Deterministic(true))
	return string(data) + "\n", err
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

// isTerminal takes every character device for a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tokenResult shows tokens in full, without empty ones.
func tokenResult(t *roomtokens.ClientToken) result {
	r := result{json: t}
	add := func(label, name, token string, expiresAt time.Time) {
		if token == "" {
			return
		}
		r.text += fmt.Sprintf("%s, %s\n%s\n", label, end(expiresAt), printable(token))
		r.env = append(r.env, variable{name, token})
		if !expiresAt.IsZero() {
			r.env = append(r.env, variable{name + expirySuffix, expiresAt.Format(time.RFC3339)})
		}
	}
	add("Client token", clientVariable, string(t.Token), t.TokenExpiresAt)
	add("Refresh token", refreshVariable, string(t.RefreshToken), t.RefreshTokenExpiresAt)
	return r
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

// shellQuote quotes a value for a shell: a server must not run commands in it.
func shellQuote(s string) string {
	if regexp.MustCompile(`^[\w.:/+=@-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
