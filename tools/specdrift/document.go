package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI description. Only what an operation reaches is decoded, since the rest may be broken: into
// plain values in their normal form, with what references name in their place.
type document struct {
	OpenAPI           string
	Paths, Components map[string]yaml.Node
	Servers, Security yaml.Node

	left int            // how many more values a path may reach
	open map[string]int // the references that are being read, and the depths they are read at
	err  error          // the first one; after it, every value is nil
}

const (
	maxBytes = 8 << 20 // twice the size of upstream's document
	// Every YAML node has one of these marks beside it, so that their number bounds the memory that parsing takes.
	// Upstream's document of 4 MB has 270 000.
	marks     = ",:\n?[{&*-"
	maxMarks  = 1_000_000
	maxValues = 20_000 // that a path reaches; upstream's two reach about a hundred
	maxDepth  = 100
)

func read(name string) (*document, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file to read
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	d, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

func parse(text []byte) (*document, error) {
	text, err := toYAML(text)
	if err != nil {
		return nil, err
	}
	d := document{open: map[string]int{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("is not OpenAPI in YAML or JSON: %w", err)
	}
	switch {
	case d.OpenAPI == "":
		return nil, errors.New(`is not OpenAPI 3, or is cut short: it has no "openapi"`)
	case !regexp.MustCompile(`^3\.[01]\.\d+$`).MatchString(d.OpenAPI):
		return nil, fmt.Errorf("is OpenAPI %.20q, and neither 3.0 nor 3.1", d.OpenAPI)
	case len(d.Paths) == 0:
		return nil, errors.New(`is not OpenAPI 3, or is cut short: it has no "paths"`)
	case !errors.Is(decoder.Decode(&yaml.Node{}), io.EOF):
		return nil, errors.New("holds a second YAML document")
	}
	return &d, nil
}

// toYAML refuses early what YAML would take for a document, or would take long to refuse. JSON is written anew, since
// YAML lacks some of its escapes.
func toYAML(text []byte) ([]byte, error) {
	var seen int
	for _, mark := range []byte(marks) {
		seen += bytes.Count(text, []byte{mark})
	}
	start := string(text[:min(2, len(text))])
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	content := bytes.TrimSpace(text)
	switch {
	case start == "\xff\xfe" || start == "\xfe\xff" || len(start) == 2 && (start[0] == 0) != (start[1] == 0):
		return nil, errors.New("is UTF-16, not UTF-8")
	case len(text) > maxBytes:
		return nil, fmt.Errorf("is longer than %d MiB", maxBytes>>20)
	case seen > maxMarks:
		return nil, fmt.Errorf("has more than %d marks of structure, too many to read safely", maxMarks)
	case len(content) == 0:
		return nil, errors.New("is empty")
	case content[0] == '<':
		return nil, errors.New("is HTML or XML, not OpenAPI")
	case content[0] != '{' && text[len(text)-1] != '\n':
		return nil, errors.New("is cut short: its last line has no end")
	}
	if formatted, err := jsontext.AppendFormat(nil, text); err == nil && content[0] == '{' {
		text = notInYAML.ReplaceAllFunc(formatted, escape)
	}
	return text, nil
}

// notInYAML are the characters that JSON may have in its strings and YAML not, or not in the same sense.
var notInYAML = regexp.MustCompile("[\x7f-\u009f\u2028\u2029\ufeff\ufffe\uffff]")

func escape(character []byte) []byte { return fmt.Appendf(nil, `\u%04x`, bytes.Runes(character)[0]) }

func (d *document) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// as is a value that must be of type T where it is anything.
func as[T any](d *document, v any, key string) T {
	t, ok := v.(T)
	if !ok && v != nil {
		d.fail("is not OpenAPI: %.50q is of the wrong type", key)
	}
	return t
}

// fields decodes one level of a mapping, without what is below.
func (d *document) fields(n yaml.Node) (m map[string]yaml.Node) {
	if err := n.Decode(&m); err != nil {
		d.fail("is not OpenAPI: line %d: %w", n.Line, err)
	}
	return m
}

// value is nil where there is no node.
func (d *document) value(n yaml.Node, in where, depth int) any {
	if n.Kind == yaml.AliasNode {
		n = *n.Alias
	}
	if d.left--; d.left < 0 || depth > maxDepth {
		d.fail("reaches more than %d values, or nests deeper than %d", maxValues, maxDepth)
	}
	switch {
	case d.err != nil || n.IsZero():
		return nil
	case n.Kind == yaml.MappingNode:
		return d.mapping(n, in, depth)
	case n.Kind == yaml.ScalarNode:
		return d.scalar(n, in)
	}
	list := make([]any, len(n.Content))
	for i, inner := range n.Content {
		list[i] = d.value(*inner, in, depth+1)
	}
	return list
}

// scalar is a value as JSON knows it: every number is of one type, and a date is text.
func (d *document) scalar(n yaml.Node, in where) (v any) {
	if err := n.Decode(&v); err != nil {
		d.fail("is not OpenAPI: line %d: %w", n.Line, err)
	}
	switch number := v.(type) {
	case nil:
		if in != data {
			d.fail("line %d: a value is missing, so the document may be cut short", n.Line)
		}
	case int:
		return float64(number)
	case time.Time:
		return n.Value
	}
	return v
}

func (d *document) mapping(n yaml.Node, in where, depth int) any {
	fields := d.fields(n)
	ref, isRef := fields["$ref"]
	isRef = isRef && in == keywords
	out := object{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !in.ignores(key) && (!isRef || key != "$ref") {
			out[key] = d.value(fields[key], in.below(key), depth+1)
		}
	}
	switch {
	case isRef:
		return d.reference(ref.Value, out, depth)
	case in == keywords:
		return normal(out)
	}
	return out
}

// reference is what a $ref names. Beside one, OpenAPI 3.0 ignores further keywords, and 3.1 wants both to hold.
//
// A schema that holds itself goes on for ever: it ends where it begins anew, with a mark that says how far up.
func (d *document) reference(ref string, beside object, depth int) any {
	if len(beside) > 0 && strings.HasPrefix(d.OpenAPI, "3.1") {
		branches := as[[]any](d, beside["allOf"], "allOf")
		beside["allOf"] = append(branches, d.reference(ref, nil, depth+2))
		return normal(beside)
	}
	if start, again := d.open[ref]; again && start < depth {
		return object{"const": fmt.Sprintf("the schema %d levels up", depth-start)}
	} else if again {
		d.fail("$ref %.100q leads back to itself", ref)
	}
	d.open[ref] = depth
	defer delete(d.open, ref)
	return d.value(d.target(ref), keywords, depth)
}

// target is what a reference names, among the components only: elsewhere the document may be broken.
func (d *document) target(ref string) (at yaml.Node) {
	pointer, local := strings.CutPrefix(ref, "#/components/")
	pointer, err := url.PathUnescape(pointer)
	if !local || err != nil {
		d.fail("$ref %.100q: only references to the document's own components are followed", ref)
	}
	within := d.Components
	for i, key := range strings.Split(pointer, "/") {
		if i > 0 {
			within = d.fields(at)
		}
		at = within[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
	}
	if at.IsZero() {
		d.fail("$ref %.100q is not in the document, which may be cut short", ref)
	}
	return at
}
