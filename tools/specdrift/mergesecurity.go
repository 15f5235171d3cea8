package main

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// security writes upstream's requirements with the project's names for the schemes.
func (m *merger) security(theirs *document, pairs []pair) error {
	names, err := m.schemes(theirs, pairs)
	if err != nil {
		return err
	}
	return m.inherited("security", pairs, func(p pair, _ *yaml.Node) (*yaml.Node, error) {
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
		alternatives := list(p.theirs.tree["security"])
		if len(alternatives) == 1 && encode(alternatives[0]) == "{}" {
			return n, nil
		}
		n.Style = 0
		for _, a := range alternatives {
			fields, _ := a.(map[string]any)
			named := map[string]any{}
			for scheme, scopes := range fields {
				named[names[scheme]] = scopes
			}
			item, err := m.render(data, named)
			if err != nil {
				return nil, err
			}
			flowLists(item)
			n.Content = append(n.Content, item)
		}
		return n, nil
	})
}

func flowLists(requirement *yaml.Node) {
	requirement.Style = 0
	if len(requirement.Content) == 0 {
		requirement.Style = yaml.FlowStyle
	}
	for _, n := range requirement.Content {
		if n.Kind == yaml.SequenceNode {
			n.Style = yaml.FlowStyle
		}
	}
}

// schemes are the project's names for the security schemes that upstream's operations ask for, those that it lacks
// added first.
func (m *merger) schemes(theirs *document, pairs []pair) (map[string]string, error) {
	wanted := map[string]any{}
	for _, p := range pairs {
		for _, a := range list(p.theirs.tree["security"]) {
			alternative, _ := a.(map[string]any)
			for scheme := range alternative {
				wanted[scheme] = true
			}
		}
	}
	ours, err := schemeNames(m.doc)
	if err != nil {
		return nil, err
	}
	upstream, err := schemeNames(theirs)
	if err != nil {
		return nil, err
	}
	for _, scheme := range union(wanted) {
		if ours[scheme] == "" {
			if ours[scheme], err = m.addScheme(theirs, upstream[scheme], ours, wanted); err != nil {
				return nil, err
			}
		}
	}
	return ours, nil
}

// schemeNames are the names of a document's schemes, by what they ask.
func schemeNames(d *document) (map[string]string, error) {
	names := map[string]string{}
	n := schemeNodes(d)
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		scheme, err := (&walker{doc: d}).scheme(name)
		if err != nil {
			return nil, err
		}
		names[scheme] = name
	}
	return names, nil
}

// addScheme makes the project's scheme that no operation asks for any more into the new one, or else defines it under
// upstream's name.
func (m *merger) addScheme(theirs *document, name string, ours map[string]string, wanted map[string]any) (string, error) {
	w := &walker{doc: theirs}
	node := lookUp(schemeNodes(theirs), name)
	v, err := w.mapping(node, func(key string) (kind, bool) { return data, !isWord(key) && key != "bearerFormat" })
	if err != nil {
		return "", err
	}
	fresh, err := m.render(data, v)
	if err != nil {
		return "", err
	}
	holder := m.schemeHolder()
	if unused, ok := unwantedScheme(ours, wanted); ok {
		used := ours[unused]
		delete(ours, unused)
		keepWords(fresh, lookUp(holder, used))
		put(holder, used, fresh)
		return used, nil
	}
	free := name
	for i := 2; lookUp(holder, free) != nil; i++ {
		free = fmt.Sprintf("%s%d", name, i)
	}
	put(holder, free, fresh)
	return free, nil
}

func unwantedScheme(ours map[string]string, wanted map[string]any) (string, bool) {
	for _, scheme := range slices.Sorted(maps.Keys(ours)) {
		if wanted[scheme] == nil {
			return scheme, true
		}
	}
	return "", false
}

func keepWords(fresh, old *yaml.Node) {
	for i := 0; i+1 < len(old.Content); i += 2 {
		if isWord(old.Content[i].Value) {
			fresh.Content = append(fresh.Content, old.Content[i], old.Content[i+1])
		}
	}
}

func (m *merger) schemeHolder() *yaml.Node {
	root := m.doc.root
	for _, key := range []string{"components", "securitySchemes"} {
		if lookUp(root, key) == nil {
			put(root, key, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
		}
		root = lookUp(root, key)
	}
	return root
}
