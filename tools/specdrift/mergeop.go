package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// operation brings an operation's own fields in step; security and servers, which it may inherit, come later.
func (m *merger) operation(p pair) error {
	s, err := find(m.doc, p.operation, true)
	if err != nil {
		return err
	}
	for _, key := range union(p.ours.tree, p.theirs.tree) {
		switch child, _ := operationObject.keyword(key); key {
		case "security", "servers":
		case "parameters":
			err = m.parameters(s, p)
		default:
			err = m.key(operationObject, child, s.node, key, p.ours.tree, p.theirs.tree)
		}
		if err != nil {
			return err
		}
	}
	paths := lookUp(m.doc.root, "paths")
	if i := indexOf(paths, p.path); i >= 0 {
		paths.Content[i].Value = p.theirs.path
	}
	return nil
}

func (m *merger) parameters(s side, p pair) error {
	ours, _ := p.ours.tree["parameters"].(map[string]any)
	theirs, _ := p.theirs.tree["parameters"].(map[string]any)
	met := map[string]bool{}
	for _, l := range parameterLists(s) {
		var kept []*yaml.Node
		for _, n := range l.Content {
			key, err := m.parameterKey(n, p.path)
			if err != nil {
				return err
			}
			met[key] = true
			if theirs[key] == nil {
				continue
			}
			merged, err := m.merge(parameter, n, ours[key], theirs[key])
			if err != nil {
				return err
			}
			kept = append(kept, merged)
		}
		l.Content = kept
	}
	return m.newParameters(s.node, theirs, met)
}

func (m *merger) parameterKey(n *yaml.Node, path string) (string, error) {
	v, err := (&walker{doc: m.doc, accept: true}).value(parameter, n)
	if err != nil {
		return "", err
	}
	fields, _ := v.(map[string]any)
	return parameterKey(fields, path), nil
}

func (m *merger) newParameters(op *yaml.Node, theirs map[string]any, met map[string]bool) error {
	for _, key := range union(theirs) {
		if met[key] {
			continue
		}
		if lookUp(op, "parameters") == nil {
			put(op, "parameters", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
		}
		if err := m.appendAll(lookUp(op, "parameters"), parameter, []any{theirs[key]}); err != nil {
			return err
		}
	}
	return nil
}

// inherited sets a field that operations may have from the document: there, where all that inherit it agree, and else
// on those that differ.
func (m *merger) inherited(key string, pairs []pair, wanted func(p pair, now *yaml.Node) (*yaml.Node, error)) error {
	var heirs []pair
	var first *yaml.Node
	agree := true
	for _, p := range pairs {
		if own := m.own(key, p); own != nil {
			if same(p.ours.tree[key], p.theirs.tree[key]) {
				continue
			}
			n, err := wanted(p, lookUp(own, key))
			if err != nil {
				return err
			}
			put(own, key, n)
			continue
		}
		heirs = append(heirs, p)
		agree = agree && same(p.theirs.tree[key], heirs[0].theirs.tree[key])
	}
	for _, p := range heirs {
		if same(p.ours.tree[key], p.theirs.tree[key]) || agree && first != nil {
			continue
		}
		var err error
		if first, err = wanted(p, lookUp(m.doc.root, key)); err != nil {
			return err
		}
		holder := m.doc.root
		if !agree {
			holder = m.node(p)
		}
		put(holder, key, first)
	}
	return nil
}

// own is the operation or path item that has a field of its own, nil where it is the document's.
func (m *merger) own(key string, p pair) *yaml.Node {
	item := lookUp(lookUp(m.doc.root, "paths"), p.theirs.path)
	for _, holder := range []*yaml.Node{m.node(p), item} {
		if lookUp(holder, key) != nil && (holder != item || key != "security") {
			return holder
		}
	}
	return nil
}

func (m *merger) node(p pair) *yaml.Node {
	return lookUp(lookUp(lookUp(m.doc.root, "paths"), p.theirs.path), p.method)
}

func (m *merger) servers(pairs []pair) error {
	return m.inherited("servers", pairs, func(p pair, now *yaml.Node) (*yaml.Node, error) {
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i, v := range list(p.theirs.tree["servers"]) {
			server := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			if now != nil && i < len(now.Content) {
				server = copyNode(now.Content[i])
			}
			url, _ := v.(string)
			if old := lookUp(server, "url"); old == nil || strings.TrimSuffix(fill(old.Value, lookUp(server, "variables")), "/") != url {
				put(server, "url", text(url))
				remove(server, "variables")
			}
			n.Content = append(n.Content, server)
		}
		return n, nil
	})
}
