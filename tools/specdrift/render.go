package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// renderer makes nodes for what the project's document does not have yet.
type renderer struct {
	named map[string]string // the references to the project's schemas, by what they say
}

// render turns a value into a node of its kind.
func (r renderer) render(k kind, v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case map[string]any:
		return r.mapping(k, v)
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		item := data
		if k == schemas {
			item = schema
		}
		return n, r.appendAll(n, item, v)
	case string:
		return text(v), nil
	case json.Number:
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
		n.Tag = n.ShortTag()
		return n, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}, nil
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
	}
}

func (r renderer) appendAll(n *yaml.Node, k kind, values []any) error {
	for _, v := range values {
		item, err := r.render(k, v)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, item)
	}
	return nil
}

func (r renderer) mapping(k kind, m map[string]any) (*yaml.Node, error) {
	switch {
	case m[recursion] != nil:
		return nil, errors.New("upstream has a schema there that holds itself")
	case k == schema && r.named[encode(m)] != "":
		return pointTo(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, r.named[encode(m)]), nil
	case k == schema && isClosed(m):
		return r.render(data, false)
	case k == parameters:
		return r.parameters(m)
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	each, named := k.entry()
	for _, key := range inOrder(m) {
		child, _ := k.keyword(key)
		if named {
			child = each
		}
		value, err := r.render(child, m[key])
		if err != nil {
			return nil, err
		}
		if k == responses {
			describe(value, key)
		}
		n.Content = append(n.Content, text(key), value)
	}
	return n, nil
}

func (r renderer) parameters(m map[string]any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, key := range union(m) {
		if err := r.appendAll(n, parameter, []any{m[key]}); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// describe gives a response the description that OpenAPI asks of it. Upstream's words are not the project's to copy.
func describe(n *yaml.Node, status string) {
	if n.Kind == yaml.MappingNode && indexOf(n, "description") < 0 {
		n.Content = append([]*yaml.Node{text("description"), text("Status " + status + ".")}, n.Content...)
	}
}

// inOrder is a mapping's keys in the order that openapi.yaml has them in.
func inOrder(m map[string]any) []string {
	order := []string{"name", "in", "type", "format", "enum", "minimum", "maximum", "default"}
	keys := union(m)
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(rank(order, a), rank(order, b)) })
	return keys
}

func rank(order []string, key string) int {
	if i := slices.Index(order, key); i >= 0 {
		return i
	}
	return len(order)
}
