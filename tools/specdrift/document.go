package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI description. Only what an operation reaches is looked at, since the rest may be broken.
type document struct {
	root, paths object
	is31        bool
	left        int            // how many more values a path may reach
	open        map[string]int // the references that are being followed, and the depths they are at
	err         error          // the first one
}

// maxValues bounds what references multiply. Of upstream's 782 paths, none reaches 8 000 values.
const maxValues = 20_000

func read(name string) (*document, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the user names the file to read
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
	var root object
	if json.Unmarshal(text, &root) != nil {
		if err := yaml.Unmarshal(text, &root); err != nil {
			return nil, fmt.Errorf("is not OpenAPI in JSON or YAML: %w", err)
		}
	}
	return newDocument(root)
}

func newDocument(root object) (*document, error) {
	version, _ := root["openapi"].(string)
	paths, _ := root["paths"].(object)
	switch {
	case version == "" || len(paths) == 0:
		return nil, errors.New(`is not OpenAPI 3: "openapi" or "paths" is missing`)
	case !strings.HasPrefix(version, "3.0.") && !strings.HasPrefix(version, "3.1."):
		return nil, fmt.Errorf("is OpenAPI %.20q, and neither 3.0 nor 3.1", version)
	}
	return &document{root: root, paths: paths, is31: version[2] == '1', open: map[string]int{}}, nil
}

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

// value is a value in its normal form, with what references name in their place. After an error it is nil.
func (d *document) value(v any, in where, depth int) any {
	if d.left--; d.left < 0 {
		d.fail("reaches more than %d values", maxValues)
	}
	if d.err != nil {
		return nil
	}
	switch v := v.(type) {
	case object:
		return d.mapping(v, in, depth)
	case map[any]any: // YAML's, where a key is no text, such as a status
		fields := object{}
		for key, inner := range v {
			fields[fmt.Sprint(key)] = inner
		}
		return d.mapping(fields, in, depth)
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = d.value(inner, in, depth+1)
		}
		return list
	case int: // YAML's; JSON has one type of number
		return float64(v)
	}
	return v
}

func (d *document) mapping(fields object, in where, depth int) any {
	ref, isRef := fields["$ref"].(string)
	isRef = isRef && in == keywords
	out := object{}
	for key, v := range fields {
		if !in.ignores(key) && (!isRef || key != "$ref") {
			out[key] = d.value(v, in.below(key), depth+1)
		}
	}
	switch {
	case isRef:
		return d.reference(ref, out, depth)
	case in == keywords:
		return normal(out)
	}
	return out
}

// reference is what a $ref names. Beside one, OpenAPI 3.0 ignores further keywords, and 3.1 wants both to hold.
//
// A schema that holds itself goes on for ever: it ends where it begins anew, with a mark that says how far up.
func (d *document) reference(ref string, beside object, depth int) any {
	if len(beside) > 0 && d.is31 {
		branches := as[[]any](d, beside["allOf"], "allOf")
		beside["allOf"] = append(branches, d.reference(ref, nil, depth+2))
		return normal(beside)
	}
	if start, again := d.open[ref]; again {
		return object{"$ref": fmt.Sprintf("%d levels up", depth-start)}
	}
	d.open[ref] = depth
	defer delete(d.open, ref)
	return d.value(d.target(ref), keywords, depth)
}

// target is what a reference names in the document.
func (d *document) target(ref string) any {
	pointer, local := strings.CutPrefix(ref, "#/")
	pointer, err := url.PathUnescape(pointer)
	var at any = d.root
	for key := range strings.SplitSeq(pointer, "/") {
		fields, _ := at.(object)
		at = fields[strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")]
	}
	if !local || err != nil || at == nil {
		d.fail("$ref %.100q is not in the document", ref)
	}
	return at
}
