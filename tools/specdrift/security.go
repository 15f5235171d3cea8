package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// security is a list of alternatives, each the schemes that a request must satisfy together, with their scopes. A
// scheme is told by what it is, not by its name in the document; the empty alternative is a request without credentials.
func (w *walker) security(list *yaml.Node) (any, error) {
	if list == nil || list.Kind == yaml.SequenceNode && len(list.Content) == 0 {
		return []any{map[string]any{}}, nil
	}
	if list.Kind != yaml.SequenceNode {
		return nil, unexpected(list, "a list of security requirements")
	}
	var alternatives []any
	for _, n := range list.Content {
		entries, err := w.entries(unalias(n))
		if err != nil {
			return nil, err
		}
		alternative := map[string]any{}
		for _, e := range entries {
			scheme, err := w.scheme(e.key)
			if err != nil {
				return nil, err
			}
			if alternative[scheme], err = w.value(data, e.node); err != nil {
				return nil, err
			}
			sortList(alternative, scheme)
		}
		alternatives = append(alternatives, alternative)
	}
	return sorted(alternatives), nil
}

func schemeNodes(d *document) *yaml.Node {
	return lookUp(lookUp(d.root, "components"), "securitySchemes")
}

// scheme says in one line what a named security scheme asks of a request.
func (w *walker) scheme(name string) (string, error) {
	n := lookUp(schemeNodes(w.doc), name)
	if n != nil && lookUp(n, "$ref") != nil {
		var err error
		if n, err = w.target(lookUp(n, "$ref").Value); err != nil {
			return "", err
		}
	}
	if n == nil {
		return "", fmt.Errorf("asks for the security scheme %q, which the document does not define", name)
	}
	field := func(key string) string {
		if v := lookUp(n, key); v != nil {
			return v.Value
		}
		return ""
	}
	switch kind := field("type"); kind {
	case "http":
		return "http " + strings.ToLower(field("scheme")), nil
	case "apiKey":
		return "apiKey " + field("in") + " " + field("name"), nil
	case "openIdConnect":
		return "openIdConnect " + field("openIdConnectUrl"), nil
	case "oauth2":
		return w.flows(lookUp(n, "flows"))
	default:
		return kind, nil
	}
}

func (w *walker) flows(n *yaml.Node) (string, error) {
	if n == nil {
		return "oauth2", nil
	}
	flows, err := w.value(data, n)
	if err != nil {
		return "", err
	}
	kinds, _ := flows.(map[string]any)
	for _, flow := range kinds {
		fields, _ := flow.(map[string]any)
		scopes, _ := fields["scopes"].(map[string]any)
		for scope := range scopes {
			scopes[scope] = "" // what stands there is a description
		}
	}
	return "oauth2 " + encode(flows), nil
}
