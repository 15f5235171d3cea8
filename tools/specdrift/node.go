package main

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// text is a string as a node, quoted where it would read as something else.
func text(value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	if (&yaml.Node{Kind: yaml.ScalarNode, Value: value}).ShortTag() != "!!str" {
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// put sets a mapping's key, keeping the node of a scalar that says the same already, and the comments of one that
// does not.
func put(mapping *yaml.Node, key string, value *yaml.Node) {
	i := indexOf(mapping, key)
	if i < 0 {
		mapping.Content = append(mapping.Content, text(key), value)
		mapping.Style &^= yaml.FlowStyle
		return
	}
	old := mapping.Content[i+1]
	if old.Kind == yaml.ScalarNode && value.Kind == yaml.ScalarNode {
		if encode(scalar(old)) == encode(scalar(value)) {
			return
		}
		if old.Style == yaml.SingleQuotedStyle || old.Style == yaml.DoubleQuotedStyle {
			value.Style = cmp.Or(value.Style, old.Style)
		}
		if value.Tag != "!!str" {
			value.Style = 0
		}
		value.LineComment = old.LineComment
	}
	mapping.Content[i+1] = value
}

func remove(mapping *yaml.Node, key string) {
	if i := indexOf(mapping, key); i >= 0 {
		mapping.Content = slices.Delete(mapping.Content, i, i+2)
	}
}

func copyNode(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	for _, child := range n.Content {
		out.Content = append(out.Content, copyNode(child))
	}
	return &out
}
