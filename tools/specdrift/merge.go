package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// merger brings the nodes of the project's document in step, leaving alone each node whose facts agree.
type merger struct {
	renderer
	doc       *document             // a copy, which is edited
	originals map[string]*yaml.Node // components as they were, by reference
	targets   map[string]string     // the reference to take for a component with such facts
	shared    map[string]bool       // references whose component must stay as it is, since some use of it agrees
	kept      map[string]bool       // those met so far
}

// mergeDocument is a copy of ours, in step with theirs. It goes over the document twice: the first time finds which
// components some operation still needs as they are.
func mergeDocument(ours, theirs *document, pairs []pair) (*yaml.Node, error) {
	var shared map[string]bool
	for range 2 {
		doc := *ours
		doc.root = copyNode(ours.root)
		m := &merger{
			doc: &doc, shared: shared, kept: map[string]bool{},
			originals: map[string]*yaml.Node{}, targets: map[string]string{},
		}
		m.named = namedSchemas(&doc, shared)
		if err := m.document(theirs, pairs); err != nil {
			return nil, err
		}
		if shared != nil {
			return doc.root, nil
		}
		shared = m.kept
	}
	return nil, errors.New("unreachable")
}

func (m *merger) document(theirs *document, pairs []pair) error {
	for _, p := range pairs {
		if err := m.operation(p); err != nil {
			return err
		}
	}
	if err := m.security(theirs, pairs); err != nil {
		return err
	}
	return m.servers(pairs)
}

// merge returns the node to put in n's place.
func (m *merger) merge(k kind, n *yaml.Node, ours, theirs any) (*yaml.Node, error) {
	if same(ours, theirs) {
		m.keep(n)
		return n, nil
	}
	if pointer := lookUp(n, "$ref"); pointer != nil && k != data {
		return m.component(k, n, pointer.Value, ours, theirs)
	}
	o, ourMap := ours.(map[string]any)
	t, theirMap := theirs.(map[string]any)
	switch {
	case n.Kind == yaml.SequenceNode && k == data && isList(theirs):
		return n, m.set(n, list(theirs))
	case !ourMap || !theirMap || k == data || n.Kind != yaml.MappingNode || t[recursion] != nil:
		return m.render(k, theirs)
	default:
		return n, m.object(k, n, o, t)
	}
}

func (m *merger) object(k kind, n *yaml.Node, ours, theirs map[string]any) error {
	if k == schema && !spelledOut(n, ours) {
		return m.rewrite(n, theirs)
	}
	each, named := k.entry()
	if named {
		ours = rename(k, n, ours, theirs)
	}
	for _, key := range union(ours, theirs) {
		child, _ := k.keyword(key)
		if named {
			child = each
		}
		if err := m.key(k, child, n, key, ours, theirs); err != nil {
			return err
		}
	}
	return nil
}

// rename gives an entry that only goes by another name now that name, so that it keeps its node, and returns ours so.
func rename(k kind, n *yaml.Node, ours, theirs map[string]any) map[string]any {
	ours = maps.Clone(ours)
	for _, old := range union(ours) {
		for _, name := range union(theirs) {
			i := indexOfName(k, n, old)
			_, stays := theirs[old]
			if stays || ours[name] != nil || i < 0 || !renames(k, old, name) || !same(ours[old], theirs[name]) {
				continue
			}
			n.Content[i].Value = name
			ours[name] = ours[old]
			delete(ours, old)
			break
		}
	}
	return ours
}

// renames tells whether the words for one name suit the other too.
func renames(k kind, old, name string) bool {
	return k == content || k == responses && strings.HasPrefix(old, "2") && strings.HasPrefix(name, "2")
}

func (m *merger) key(k, child kind, n *yaml.Node, key string, ours, theirs map[string]any) error {
	i := indexOfName(k, n, key)
	value, there := theirs[key]
	switch {
	case i >= 0 && same(get(ours, key), get(theirs, key)):
		m.keep(n.Content[i+1])
	case !there && i >= 0:
		n.Content = slices.Delete(n.Content, i, i+2)
	case !there:
	case k == schema && key == "format":
		setFormat(n, value)
	case i >= 0 && ours[key] != nil:
		merged, err := m.merge(child, n.Content[i+1], ours[key], value)
		if err != nil {
			return err
		}
		put(n, n.Content[i].Value, merged)
	default:
		fresh, err := m.render(child, value)
		if err != nil {
			return err
		}
		if k == responses {
			describe(fresh, key)
		}
		put(n, key, fresh)
	}
	if k == schema && key == "format" && !there {
		remove(n, acceptedFormat)
	}
	return nil
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// setFormat takes upstream's format over. Where it only spells ours otherwise, ours stays, since the generated types
// hang on it, and the field beside it records the spelling.
func setFormat(n *yaml.Node, format any) {
	name, _ := format.(string)
	ours := lookUp(n, "format")
	switch {
	case ours == nil || spelling(ours.Value) != spelling(name):
		put(n, "format", text(name))
		remove(n, acceptedFormat)
	case ours.Value == name:
		remove(n, acceptedFormat)
	default:
		put(n, acceptedFormat, text(name))
	}
}

// set gives a list the members it lacks and takes away those that it should lack; the others keep their order.
func (m *merger) set(n *yaml.Node, members []any) error {
	wanted := map[string]any{}
	for _, member := range members {
		wanted[encode(member)] = member
	}
	var kept []*yaml.Node
	for _, item := range n.Content {
		w := &walker{doc: m.doc}
		v, err := w.value(data, item)
		if err != nil {
			return err
		}
		if _, ok := wanted[encode(v)]; ok {
			kept = append(kept, item)
			delete(wanted, encode(v))
		}
	}
	n.Content = kept
	for _, key := range union(wanted) {
		if err := m.appendAll(n, data, []any{wanted[key]}); err != nil {
			return err
		}
	}
	return nil
}

// spelledOut tells whether a schema's node holds each keyword by the name that it has in the compared spelling.
func spelledOut(n *yaml.Node, ours map[string]any) bool {
	for key := range ours {
		if indexOf(n, key) < 0 {
			return false
		}
	}
	return true
}

// rewrite spells a schema anew, with its words and x- fields kept.
func (m *merger) rewrite(n *yaml.Node, theirs map[string]any) error {
	fresh, err := m.render(schema, theirs)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isWord(n.Content[i].Value) {
			fresh.Content = append(fresh.Content, n.Content[i], n.Content[i+1])
		}
	}
	n.Content = fresh.Content
	return nil
}

// indexOfName finds a name in a mapping, in whatever case where the wire takes any.
func indexOfName(k kind, n *yaml.Node, name string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if respelled := respellNames(k, map[string]any{key: nil}); len(respelled) == 1 && union(respelled)[0] == name {
			return i
		}
	}
	return -1
}
