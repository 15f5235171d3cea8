package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hexops/gotextdiff/myers"
	"go.yaml.in/yaml/v3"
)

// hunk replaces lines of a base text.
type hunk struct {
	from, to int
	lines    []string
}

// splice carries the difference between two trees over to the text that the first was read from, so that line breaks,
// blank lines and quotes that the encoder would spell its own way stay as their author left them. It is a three-way
// merge of lines: the base is the first tree as the encoder spells it.
func splice(source []byte, before, after *yaml.Node) ([]byte, error) {
	base, err := encodeYAML(before)
	if err != nil {
		return nil, err
	}
	goal, err := encodeYAML(after)
	if err != nil {
		return nil, err
	}
	text := mergeLines(base, hunks(base, string(source)), hunks(base, goal))
	var read yaml.Node
	if err := yaml.Unmarshal([]byte(text), &read); err != nil || len(read.Content) == 0 {
		return []byte(goal), nil
	}
	if again, err := encodeYAML(read.Content[0]); err != nil || withoutComments(again) != withoutComments(goal) {
		return []byte(goal), nil
	}
	return []byte(text), nil
}

func encodeYAML(n *yaml.Node) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return "", fmt.Errorf("cannot be encoded: %w", err)
	}
	return b.String(), enc.Close()
}

// withoutComments lets two texts be compared whose comments the encoder has placed differently.
func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func hunks(base, text string) []hunk {
	var out []hunk
	for _, e := range myers.ComputeEdits("", base, text) {
		h := hunk{from: e.Span.Start().Line() - 1, to: e.Span.End().Line() - 1, lines: slices.Collect(strings.Lines(e.NewText))}
		if n := len(out); n > 0 && out[n-1].to >= h.from {
			out[n-1].to = max(out[n-1].to, h.to)
			out[n-1].lines = append(out[n-1].lines, h.lines...)
			continue
		}
		out = append(out, h)
	}
	return out
}

// mergeLines makes both sets of changes; where they meet in one line, the goal's are made alone.
func mergeLines(base string, format, goal []hunk) string {
	format = slices.DeleteFunc(slices.Clone(format), func(f hunk) bool {
		return slices.ContainsFunc(goal, func(g hunk) bool { return f.from < g.to && g.from < f.to })
	})
	all := slices.Concat(format, goal)
	slices.SortStableFunc(all, func(a, b hunk) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	lines := slices.Collect(strings.Lines(base))
	var b strings.Builder
	var at int
	for _, h := range all {
		for ; at < h.from; at++ {
			b.WriteString(lines[at])
		}
		for _, line := range h.lines {
			b.WriteString(line)
		}
		at = max(at, h.to)
	}
	for ; at < len(lines); at++ {
		b.WriteString(lines[at])
	}
	return b.String()
}
