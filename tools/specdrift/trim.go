package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// operation is one operation of the project's document, and where it stands there.
type operation struct {
	id     string
	method string // as a key of the path item: lower case
	path   string
}

func (o operation) String() string { return strings.ToUpper(o.method) + " " + o.path }

// side is what one document says of an operation: in plain values, all that it reaches included, and in nodes.
type side struct {
	path string // the document's own template, which may name the parameters otherwise
	item *yaml.Node
	node *yaml.Node
	tree map[string]any
}

// pair is an operation as both documents have it.
type pair struct {
	operation
	ours, theirs side
}

func methods() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
}

// trim finds the operations of ours in both documents, and takes from each document what they reach.
func trim(ours, theirs *document) ([]pair, error) {
	var pairs []pair
	for _, op := range operations(ours) {
		p := pair{operation: op}
		var err error
		if p.ours, err = find(ours, op, true); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", ours.name, op, err)
		}
		if p.theirs, err = find(theirs, op, false); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", theirs.name, op, err)
		}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s: has no operations", ours.name)
	}
	return pairs, nil
}

func operations(d *document) []operation {
	var ops []operation
	paths := lookUp(d.root, "paths").Content
	for i := 0; i+1 < len(paths); i += 2 {
		for _, method := range methods() {
			if n := lookUp(unalias(paths[i+1]), method); n != nil {
				op := operation{method: method, path: paths[i].Value}
				if id := lookUp(n, "operationId"); id != nil {
					op.id = id.Value
				}
				ops = append(ops, op)
			}
		}
	}
	return ops
}

func find(d *document, op operation, accept bool) (side, error) {
	w := &walker{doc: d, accept: accept}
	path, item, err := w.pathItem(op.path)
	if err != nil {
		return side{}, err
	}
	s := side{path: path, item: item, node: lookUp(item, op.method)}
	if s.node == nil {
		return side{}, errors.New("the operation is gone: the path has no such method")
	}
	s.tree, err = w.operation(s)
	return s, err
}

func (w *walker) pathItem(path string) (string, *yaml.Node, error) {
	paths := lookUp(w.doc.root, "paths")
	i := indexOf(paths, path)
	for j := 0; i < 0 && j+1 < len(paths.Content); j += 2 {
		if shape(paths.Content[j].Value) == shape(path) {
			i = j
		}
	}
	if i < 0 {
		return "", nil, errors.New("the operation is gone: the document has no such path, or is truncated")
	}
	item := unalias(paths.Content[i+1])
	if pointer := lookUp(item, "$ref"); pointer != nil {
		var err error
		if item, err = w.target(pointer.Value); err != nil {
			return "", nil, err
		}
	}
	return paths.Content[i].Value, item, nil
}

func templateParameter() *regexp.Regexp { return regexp.MustCompile(`\{[^{}]*\}`) }

// shape is a path template without the names of its parameters, by which OpenAPI tells paths apart.
func shape(path string) string { return templateParameter().ReplaceAllString(path, "{}") }

// operation is the operation's own fields, and those that it has from the path item and the document.
func (w *walker) operation(s side) (map[string]any, error) {
	tree, err := w.mapping(s.node, func(key string) (kind, bool) {
		if slices.Contains([]string{"parameters", "security", "servers"}, key) {
			return data, false
		}
		return operationObject.keyword(key)
	})
	if err != nil {
		return nil, err
	}
	if tree["parameters"], err = w.parameters(parameterLists(s), s.path); err != nil {
		return nil, err
	}
	if tree["security"], err = w.security(effective("security", s.node, w.doc.root)); err != nil {
		return nil, err
	}
	if tree["servers"], err = w.servers(effective("servers", s.node, s.item, w.doc.root)); err != nil {
		return nil, err
	}
	return respell(operationObject, tree), nil
}

// effective is a field's value at the innermost of the holders that has it.
func effective(key string, holders ...*yaml.Node) *yaml.Node {
	for _, holder := range holders {
		if n := lookUp(holder, key); n != nil {
			return n
		}
	}
	return nil
}
