package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	maxValues = 20_000 // that an operation reaches; upstream's reach about a hundred
	maxDepth  = 100
)

// where says what the keys of a mapping are, so that a property called "description" is not taken for a description.
type where int

const (
	keywords where = iota // OpenAPI's own
	names                 // chosen by the document: properties, statuses, media types
	data                  // of a value that is taken as it stands
)

// below is what the keys are in the value of a key.
func (w where) below(key string) where {
	if w != keywords {
		return map[where]where{names: keywords, data: data}[w]
	}
	switch key {
	case "callbacks", "content", "dependentSchemas", "encoding", "headers", "patternProperties", "properties",
		"responses", "security":
		return names
	case "const", "default", "dependentRequired", "enum", "mapping":
		return data
	}
	return keywords
}

// isWord tells whether callers cannot feel a keyword: words, examples, hints for tools.
func isWord(key string) bool {
	switch key {
	case "$comment", "$defs", "bearerFormat", "description", "example", "examples", "externalDocs", "links", "summary",
		"title":
		return true
	}
	return strings.HasPrefix(key, "x-")
}

// resolver turns YAML nodes into plain values, without words, and with what references name in their place.
type resolver struct {
	*document
	left int            // how many more values it may make
	open map[string]int // the references that are being read, and the depths they are read at
	err  error          // the first one; after it, every value is nil
}

func (r *resolver) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// as is a value that must be of type T where it is anything.
func as[T any](r *resolver, v any, key string) T {
	t, ok := v.(T)
	if !ok && v != nil {
		r.fail("is not OpenAPI: %.50q is of the wrong type", key)
	}
	return t
}

// node is nil where there is no node.
func (r *resolver) node(n yaml.Node, in where) any {
	if n.IsZero() {
		return nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		r.fail("line %d cannot be decoded: %w", n.Line, err)
	}
	return r.value(v, in, 0)
}

func (r *resolver) value(v any, in where, depth int) any {
	if r.left--; r.left < 0 {
		r.fail("reaches more than %d values", maxValues)
	}
	if depth > maxDepth {
		r.fail("nests deeper than %d", maxDepth)
	}
	if r.err != nil {
		return nil
	}
	switch v := v.(type) {
	case nil:
		if in != data {
			r.fail("a value is missing, so the document may be cut short")
		}
	case map[string]any:
		return r.mapping(v, in, depth)
	case map[any]any: // with keys that are no strings, such as the statuses of responses
		m := make(map[string]any, len(v))
		for key, inner := range v {
			m[fmt.Sprint(key)] = inner
		}
		return r.mapping(m, in, depth)
	case []any:
		for i := range v {
			v[i] = r.value(v[i], in, depth+1)
		}
	}
	return v
}

func (r *resolver) mapping(m map[string]any, in where, depth int) any {
	ref, isRef := m["$ref"].(string)
	isRef = isRef && in == keywords
	out := make(map[string]any, len(m))
	for key, inner := range m {
		if in == keywords && (isWord(key) || isRef && key == "$ref") {
			continue
		}
		inner = r.value(inner, in.below(key), depth+1)
		if in != keywords || key != "additionalProperties" || !isAnything(inner) {
			out[key] = inner
		}
	}
	if isRef {
		return r.reference(ref, out, depth)
	}
	return out
}

// isAnything tells whether a schema admits every value, which for additional properties goes without saying.
func isAnything(schema any) bool {
	m, ok := schema.(map[string]any)
	return schema == true || ok && len(m) == 0
}

// reference is what a $ref names. Beside one, OpenAPI 3.0 ignores further keywords, and 3.1 wants both to hold.
//
// A schema that holds itself goes on for ever: it ends where it begins anew, with a mark that says how far up.
func (r *resolver) reference(ref string, beside map[string]any, depth int) any {
	if len(beside) > 0 && strings.HasPrefix(r.OpenAPI, "3.1") {
		branches := as[[]any](r, beside["allOf"], "allOf")
		beside["allOf"] = append(branches, r.reference(ref, nil, depth+2))
		return beside
	}
	if start, again := r.open[ref]; again && start < depth {
		return map[string]any{"const": fmt.Sprintf("the schema %d levels up", depth-start)}
	} else if again {
		r.fail("$ref %.100q leads back to itself", ref)
		return nil
	}
	target, err := r.target(ref)
	if err != nil {
		r.fail("$ref %.100q: %w", ref, err)
	}
	r.open[ref] = depth
	defer delete(r.open, ref)
	return r.value(target, keywords, depth)
}

// target decodes what a reference names, among the components only: elsewhere the document may be broken.
func (d *document) target(ref string) (v any, err error) {
	pointer, local := strings.CutPrefix(ref, "#/components/")
	if !local {
		return nil, errors.New("only references to the document's own components are followed")
	}
	if pointer, err = url.PathUnescape(pointer); err != nil {
		return nil, err
	}
	level, at := d.Components, yaml.Node{}
	for i, key := range strings.Split(pointer, "/") {
		if i > 0 {
			if level, err = section(at); err != nil {
				return nil, err
			}
		}
		if at = level[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]; at.IsZero() {
			return nil, errors.New("is not in the document, which may be cut short")
		}
	}
	err = at.Decode(&v)
	return v, err
}
