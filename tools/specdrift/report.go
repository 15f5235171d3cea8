package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

func (l level) String() string { return [...]string{"in step", "compatible", "breaking"}[l] }

// report writes the verdict on the first line, and each change on one more.
func report(w io.Writer, format string, changes []change) error {
	verdict := worst(changes).String()
	if len(changes) > 0 {
		verdict = "changed, " + verdict
	}
	lines := []string{verdict}
	if format == "github" {
		lines[0] = annotation(worst(changes), "spec drift", verdict)
	}
	for _, c := range changes {
		line := printable(fmt.Sprintf("%s: %s: %s", c.level, c.endpoint, c))
		if format == "github" {
			line = annotation(c.level, c.endpoint.String(), c.String())
		}
		lines = append(lines, line)
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// annotation is a workflow command, which GitHub shows beside the file.
func annotation(l level, title, message string) string {
	command := [...]string{"notice", "warning", "error"}[l]
	title = strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(printable(title))
	message = strings.ReplaceAll(printable(message), "%", "%25")
	return fmt.Sprintf("::%s file=openapi.yaml,title=%s::%s", command, title, message)
}

// printable keeps what upstream wrote on one line of bounded length, and from steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsGraphic(r):
			return r
		}
		return unicode.ReplacementChar
	}, fmt.Sprintf("%.1000s", text))
}

// String is a change in words, without its level and endpoint. The keys that only give structure are left out.
func (c change) String() string {
	reason := c.reason
	if c.level == breaking {
		reason = "breaks " + c.callers() + ": " + reason
	}
	structure := []string{"content", "parameters", "properties", "schema"}
	keys := slices.DeleteFunc(slices.Clone(c.path), func(key string) bool { return slices.Contains(structure, key) })
	return fmt.Sprintf("%s: upstream says %s, openapi.yaml says %s; %s",
		strings.Join(keys, ", "), say(c.theirs), say(c.ours), reason)
}

// callers are those who feel a change.
func (c change) callers() string {
	switch c.path[0] {
	case "responses":
		return "callers who read responses"
	case "operationId":
		return "callers who compile against the generated code"
	default:
		return "callers who send requests"
	}
}

// say tells a value in one short piece of text.
func say(v any) string {
	if v == nil {
		return "nothing"
	}
	text, _ := json.Marshal(v)
	return fmt.Sprintf("%.160s", text)
}
