package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI description. Only what an operation reaches is looked at, since the rest may be broken.
type document struct {
	root, paths object
	left        int   // how many more values a path may reach
	err         error // the last one
}

// maxValues bounds what references multiply, for ever in a schema that holds itself. Of upstream's 782 paths, nine hold
// such a schema, and no other one reaches 8 000 values.
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
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("is not OpenAPI in YAML: %w", err)
	}
	return newDocument(root)
}

func newDocument(root object) (*document, error) {
	version, _ := root["openapi"].(string)
	paths, _ := root["paths"].(object)
	if !strings.HasPrefix(version, "3.") || len(paths) == 0 {
		return nil, errors.New(`is not OpenAPI 3: "openapi" or "paths" is missing`)
	}
	return &document{root: root, paths: paths}, nil
}

func (d *document) fail(format string, args ...any) {
	d.err = fmt.Errorf(format, args...)
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
// The keys of a mapping are keywords, or else names that the document chooses.
func (d *document) value(v any, named bool) any {
	if d.left == 0 {
		d.fail("reaches more than %d values", maxValues)
	}
	if d.err != nil {
		return nil
	}
	d.left--
	switch v := v.(type) {
	case object:
		return d.mapping(v, named)
	case map[any]any: // YAML's, where a key is no text, such as a status
		fields := object{}
		for key, inner := range v {
			fields[fmt.Sprint(key)] = inner
		}
		return d.mapping(fields, named)
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = d.value(inner, named)
		}
		return list
	}
	return v
}

func (d *document) mapping(fields object, named bool) any {
	out := object{}
	for key, v := range fields {
		if named || !isWord(key) {
			out[key] = d.value(v, holdsNames(key))
		}
	}
	if ref, ok := fields["$ref"].(string); ok {
		out["$ref"] = d.value(d.target(ref), false)
		if len(out) == 1 {
			return out["$ref"]
		}
	}
	return normal(out)
}

// target is what a reference names in the document.
func (d *document) target(ref string) any {
	var at any = d.root
	for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		fields, _ := at.(object)
		at = fields[key]
	}
	if at == nil {
		d.fail("$ref %.100q is not in the document", ref)
	}
	return at
}
