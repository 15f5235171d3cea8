package main

import (
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// component brings what a reference leads to in step. Where another use of it agrees as it is, or was given other
// facts, this use gets a component of its own.
func (m *merger) component(k kind, n *yaml.Node, pointer string, ours, theirs any) (*yaml.Node, error) {
	holder, name := m.holder(pointer)
	if holder == nil {
		return nil, errors.New("the reference " + pointer + " is not to a component")
	}
	facts := pointer + "\n" + encode(theirs)
	if target, ok := m.targets[facts]; ok {
		return pointTo(n, target), nil
	}
	original := m.original(pointer, lookUp(holder, name))
	target := name
	for i := 2; m.taken(holder, pointer, target); i++ {
		target = name + strconv.Itoa(i)
	}
	m.targets[facts] = strings.TrimSuffix(pointer, name) + target
	merged, err := m.merge(k, original, ours, theirs)
	if err != nil {
		return nil, err
	}
	put(holder, target, merged)
	return pointTo(n, m.targets[facts]), nil
}

// taken tells whether a component's name must not be given to new facts.
func (m *merger) taken(holder *yaml.Node, pointer, name string) bool {
	if !strings.HasSuffix(pointer, "/"+name) {
		return lookUp(holder, name) != nil
	}
	if m.shared[pointer] {
		return true
	}
	for facts, target := range m.targets {
		if target == pointer && strings.HasPrefix(facts, pointer+"\n") {
			return true
		}
	}
	return false
}

func (m *merger) original(pointer string, n *yaml.Node) *yaml.Node {
	if m.originals[pointer] == nil {
		m.originals[pointer] = copyNode(n)
	}
	return copyNode(m.originals[pointer])
}

// namedSchemas are the schemas that stay as they are, by what they say, so that new uses of them can refer to them.
func namedSchemas(d *document, shared map[string]bool) map[string]string {
	named := map[string]string{}
	for pointer := range shared {
		w := &walker{doc: d, accept: true}
		n, err := w.target(pointer)
		if err != nil || !strings.HasPrefix(pointer, "#/components/schemas/") {
			continue
		}
		v, err := w.value(schema, n)
		if s, ok := v.(map[string]any); ok && err == nil && s["properties"] != nil {
			named[encode(s)] = pointer
		}
	}
	return named
}

// holder is the mapping that a component stands in, and its name there.
func (m *merger) holder(pointer string) (*yaml.Node, string) {
	parts := strings.Split(pointer, "/")
	if len(parts) != 4 || parts[0] != "#" || parts[1] != "components" {
		return nil, ""
	}
	holder := lookUp(lookUp(m.doc.root, "components"), parts[2])
	if lookUp(holder, parts[3]) == nil {
		return nil, ""
	}
	return holder, parts[3]
}

// keep marks the components that a node reaches as needed the way they are.
func (m *merger) keep(n *yaml.Node) {
	if pointer := lookUp(n, "$ref"); pointer != nil && !m.kept[pointer.Value] {
		m.kept[pointer.Value] = true
		w := &walker{doc: m.doc}
		if target, err := w.target(pointer.Value); err == nil {
			m.keep(m.original(pointer.Value, target))
		}
	}
	for _, child := range n.Content {
		m.keep(child)
	}
}

func pointTo(n *yaml.Node, pointer string) *yaml.Node {
	put(n, "$ref", text(pointer))
	return n
}
