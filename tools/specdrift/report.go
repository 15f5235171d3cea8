package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

const (
	formatText   = "text"
	formatJSON   = "json"
	formatGitHub = "github"
)

func verdict(l level) string {
	if l == inStep {
		return l.String()
	}
	return "changed, " + l.String()
}

// report writes the verdict on the first line, whatever the format.
func report(w io.Writer, format string, changes []change) error {
	switch format {
	case formatJSON:
		return reportJSON(w, changes)
	case formatGitHub:
		return reportGitHub(w, changes)
	default:
		return reportText(w, changes)
	}
}

func reportText(w io.Writer, changes []change) error {
	lines := []string{verdict(worst(changes))}
	for _, c := range changes {
		lines = append(lines, printable(c.level.String()+": "+c.operation.title()+": "+c.String()))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func (o operation) title() string {
	if o.id == "" {
		return o.String()
	}
	return o.String() + " (" + o.id + ")"
}

// String is a change in words, without its level and operation.
func (c change) String() string {
	return fmt.Sprintf("%s: upstream says %s, openapi.yaml says %s; %s [%s]", c.place, say(c.place.keyword, c.theirs), say(c.place.keyword, c.ours), c.reason, c.rule)
}

// jsonChange is a change as other programs read it.
type jsonChange struct {
	Level     string `json:"level"`
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Side      wire   `json:"side,omitempty"` // request, response or code
	Where     string `json:"where"`
	Pointer   string `json:"pointer"` // into the operation, references resolved
	Upstream  any    `json:"upstream"`
	OpenAPI   any    `json:"openapi"`
	Reason    string `json:"reason"`
	Rule      string `json:"rule"`
}

func reportJSON(w io.Writer, changes []change) error {
	out := struct {
		Verdict string       `json:"verdict"`
		Changes []jsonChange `json:"changes"`
	}{verdict(worst(changes)), []jsonChange{}}
	for _, c := range changes {
		out.Changes = append(out.Changes, jsonChange{
			Level: c.level.String(), Operation: c.operation.id, Method: strings.ToUpper(c.operation.method), Path: c.operation.path,
			Side: c.place.side, Where: c.place.String(), Pointer: c.place.pointer(),
			Upstream: orNull(c.theirs), OpenAPI: orNull(c.ours), Reason: c.reason, Rule: c.rule,
		})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func orNull(v any) any {
	if v == (absent{}) {
		return nil
	}
	return v
}

// reportGitHub writes workflow commands, which GitHub shows as annotations.
func reportGitHub(w io.Writer, changes []change) error {
	lines := []string{annotation(worst(changes), "spec drift", verdict(worst(changes)))}
	for _, c := range changes {
		lines = append(lines, annotation(c.level, c.operation.title(), c.String()))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func annotation(l level, title, message string) string {
	command := map[level]string{inStep: "notice", compatible: "warning", breaking: "error"}[l]
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	return "::" + command + " file=openapi.yaml,title=" + property.Replace(printable(title)) + "::" + text.Replace(printable(message))
}

// printable keeps what upstream wrote from breaking a line, or from steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return '�'
	}, text)
}

// fail reports on one line that there is no verdict.
func fail(format string, err error, stdout, stderr io.Writer) int {
	switch message := printable(err.Error()); format {
	case formatJSON:
		_ = json.NewEncoder(stdout).Encode(map[string]string{"error": message})
	case formatGitHub:
		_, _ = fmt.Fprintln(stdout, annotation(breaking, "spec drift", message))
	default:
		_, _ = fmt.Fprintln(stderr, "specdrift: "+message)
	}
	return exitUnreadable
}
