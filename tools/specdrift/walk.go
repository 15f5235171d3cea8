package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Aliases and references can make a small document stand for an endless one, so a walk stops at these bounds.
// The two operations and all they reach are some 200 values, 15 deep.
const (
	maxValues = 20_000
	maxDepth  = 100
)

// recursion is the key of the value that stands for a reference to a schema around it: how many values further out.
const recursion = "x-recursion"

// walker turns nodes into plain values in one spelling, with references resolved.
type walker struct {
	doc    *document
	accept bool // x-upstream-format counts: the document is the project's own
	values int
	depth  int
	open   []reference // those being followed
}

type entry struct {
	key  string
	node *yaml.Node
}

func (w *walker) value(k kind, n *yaml.Node) (any, error) {
	w.values++
	w.depth++
	defer func() { w.depth-- }()
	if w.values > maxValues || w.depth > maxDepth {
		return nil, fmt.Errorf("reaches more than %d values, or deeper than %d", maxValues, maxDepth)
	}
	n = unalias(n)
	_, named := k.entry()
	switch {
	case k == data:
		return w.data(n)
	case k == schemas:
		return w.list(schema, n)
	case k == parameters:
		return w.parameters([]*yaml.Node{n}, "")
	case k == schema && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool":
		return booleanSchema(n), nil
	case named:
		return w.names(k, n)
	default:
		return w.object(k, n)
	}
}

func (w *walker) data(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n), nil
	case yaml.SequenceNode:
		return w.list(data, n)
	default:
		return w.mapping(n, func(string) (kind, bool) { return data, true })
	}
}

func (w *walker) list(k kind, n *yaml.Node) (any, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, unexpected(n, "a list")
	}
	out := make([]any, len(n.Content))
	for i, item := range n.Content {
		v, err := w.value(k, item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (w *walker) names(k kind, n *yaml.Node) (any, error) {
	each, _ := k.entry()
	out, err := w.mapping(n, func(name string) (kind, bool) {
		return each, k != responses || !strings.HasPrefix(name, "x-")
	})
	if err != nil {
		return nil, err
	}
	return respellNames(k, out), nil
}

func (w *walker) object(k kind, n *yaml.Node) (any, error) {
	if pointer := lookUp(n, "$ref"); pointer != nil && k != data {
		return w.follow(k, pointer.Value, n)
	}
	out, err := w.mapping(n, k.keyword)
	if err != nil {
		return nil, err
	}
	if format := lookUp(n, acceptedFormat); k == schema && w.accept && format != nil {
		out["format"] = format.Value
	}
	return respell(k, out), nil
}

func (w *walker) mapping(n *yaml.Node, child func(key string) (kind, bool)) (map[string]any, error) {
	entries, err := w.entries(n)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(entries))
	for _, e := range entries {
		k, ok := child(e.key)
		if !ok {
			continue
		}
		v, err := w.value(k, e.node)
		if err != nil {
			return nil, err
		}
		out[e.key] = v
	}
	return out, nil
}

// entries are a mapping's keys and values, those that it takes over by YAML's merge key last.
func (w *walker) entries(n *yaml.Node) ([]entry, error) {
	if n.Kind != yaml.MappingNode {
		return nil, unexpected(n, "a mapping")
	}
	var own, merged []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := unalias(n.Content[i]), n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, unexpected(key, "a name")
		case key.ShortTag() == "!!merge":
			more, err := w.merged(unalias(value))
			if err != nil {
				return nil, err
			}
			merged = append(merged, more...)
		case seen[key.Value]:
			return nil, fmt.Errorf("line %d: %q stands twice in one mapping", key.Line, key.Value)
		default:
			seen[key.Value] = true
			own = append(own, entry{key.Value, value})
		}
	}
	for _, e := range merged {
		if !seen[e.key] {
			seen[e.key] = true
			own = append(own, e)
		}
	}
	return own, nil
}

func (w *walker) merged(n *yaml.Node) ([]entry, error) {
	w.values++
	w.depth++
	defer func() { w.depth-- }()
	if w.values > maxValues || w.depth > maxDepth {
		return nil, fmt.Errorf("line %d: merges more than can be followed", n.Line)
	}
	if n.Kind != yaml.SequenceNode {
		return w.entries(n)
	}
	var all []entry
	for _, item := range n.Content {
		more, err := w.entries(unalias(item))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func unexpected(n *yaml.Node, wanted string) error {
	found := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a scalar"}[n.Kind]
	return fmt.Errorf("line %d: found %s where %s belongs", n.Line, found, wanted)
}
