package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

type reference struct {
	pointer string
	depth   int
}

// follow resolves a reference. OpenAPI 3.1 lets a schema say more beside one, which is the same as allOf of the two.
func (w *walker) follow(k kind, pointer string, n *yaml.Node) (any, error) {
	for _, r := range w.open {
		if r.pointer != pointer {
			continue
		}
		if r.depth == w.depth {
			return nil, fmt.Errorf("$ref %q leads back to itself", pointer)
		}
		return map[string]any{recursion: strconv.Itoa(w.depth - r.depth)}, nil
	}
	target, err := w.target(pointer)
	if err != nil {
		return nil, err
	}
	w.open = append(w.open, reference{pointer, w.depth})
	w.depth-- // a reference stands where its target stands, however deep naming makes it
	v, err := w.value(k, target)
	w.depth++
	w.open = w.open[:len(w.open)-1]
	if err != nil || k != schema || w.doc.legacy {
		return v, err
	}
	beside, err := w.mapping(n, func(key string) (kind, bool) {
		if key == "$ref" {
			return data, false
		}
		return schema.keyword(key)
	})
	if err != nil {
		return nil, err
	}
	return respell(schema, map[string]any{"allOf": []any{v, respell(schema, beside)}}), nil
}

func (w *walker) target(pointer string) (*yaml.Node, error) {
	if len(w.open) >= maxDepth {
		return nil, fmt.Errorf("$ref %q is one of too many in a row", pointer)
	}
	fragment, local := strings.CutPrefix(pointer, "#/")
	if !local {
		return nil, fmt.Errorf("reaches the external $ref %q", pointer)
	}
	n := w.doc.root
	for token := range strings.SplitSeq(fragment, "/") {
		if n = step(n, token); n == nil {
			return nil, fmt.Errorf("reaches $ref %q, which the document does not hold", pointer)
		}
	}
	return n, nil
}

func step(n *yaml.Node, token string) *yaml.Node {
	if plain, err := url.PathUnescape(token); err == nil {
		token = plain
	}
	token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
	if n.Kind != yaml.SequenceNode {
		return lookUp(n, token)
	}
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i >= len(n.Content) {
		return nil
	}
	return unalias(n.Content[i])
}
