package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI description, of which only what an operation reaches is decoded: the rest may be broken.
type document struct {
	OpenAPI    string
	Paths      map[string]yaml.Node
	Components map[string]yaml.Node
	Servers    yaml.Node
	Security   yaml.Node
}

// Every YAML node has one of these marks beside it, so that their number bounds the memory that parsing takes.
// Upstream's document of 4 MB has 270 000.
const (
	marks    = ",:\n?[{&*-"
	maxMarks = 1_000_000
)

func parse(text []byte) (*document, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var d document
	if err := yaml.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("is not OpenAPI in YAML: %w", err)
	}
	switch {
	case d.OpenAPI == "":
		return nil, errors.New(`is not OpenAPI 3, or is cut short: it has no "openapi"`)
	case !regexp.MustCompile(`^3\.[01]\.\d+$`).MatchString(d.OpenAPI):
		return nil, fmt.Errorf("is OpenAPI %.20q, and neither 3.0 nor 3.1", d.OpenAPI)
	case len(d.Paths) == 0:
		return nil, errors.New(`is not OpenAPI 3, or is cut short: it has no "paths"`)
	}
	return &d, nil
}

// checkText refuses early what YAML would take for a document, or would take long to refuse.
func checkText(text []byte) error {
	var seen int
	for _, mark := range []byte(marks) {
		seen += bytes.Count(text, []byte{mark})
	}
	start := bytes.TrimSpace(text)
	switch {
	case len(start) == 0:
		return errors.New("is empty")
	case start[0] == '<':
		return errors.New("is HTML or XML, not OpenAPI")
	case start[0] != '{' && text[len(text)-1] != '\n':
		return errors.New("is cut short: its last line has no end")
	case seen > maxMarks:
		return fmt.Errorf("has more than %d marks of structure, too many to read safely", maxMarks)
	}
	return nil
}

// endpoint names an operation.
type endpoint struct{ method, path string }

func (e endpoint) String() string { return strings.ToUpper(e.method) + " " + e.path }

// endpoints lists the operations of a document.
func (d *document) endpoints() ([]endpoint, error) {
	var found []endpoint
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		item, err := section(d.Paths[path])
		if err != nil {
			return nil, err
		}
		for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"} {
			if _, ok := item[method]; ok {
				found = append(found, endpoint{method, path})
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("has no operations")
	}
	return found, nil
}

// section decodes one level of a mapping, without what is below.
func section(n yaml.Node) (m map[string]yaml.Node, err error) {
	if n.IsZero() {
		return nil, nil
	}
	if err := n.Decode(&m); err != nil {
		return nil, fmt.Errorf("is not OpenAPI: line %d: %w", n.Line, err)
	}
	return m, nil
}

// operation is an operation with everything that it reaches and inherits. Its servers are a set of addresses.
func (d *document) operation(e endpoint) (map[string]any, error) {
	item, err := section(d.Paths[e.path])
	if err != nil {
		return nil, err
	}
	r := &resolver{document: d, left: maxValues, open: map[string]int{}}
	operation := as[map[string]any](r, r.node(item[e.method], keywords), e.method)
	if operation == nil {
		return nil, cmp.Or(r.err, errors.New("the operation is gone"))
	}
	r.inherit(operation, "security", d.Security)
	r.inherit(operation, "servers", item["servers"], d.Servers)
	operation["parameters"] = r.parameters(operation["parameters"], r.node(item["parameters"], keywords))
	operation["security"] = r.security(operation["security"])
	operation["servers"] = r.servers(operation["servers"])
	return operation, r.err
}

// inherit takes over what the first of the outer nodes says, if the operation says nothing itself.
func (r *resolver) inherit(operation map[string]any, key string, outer ...yaml.Node) {
	for _, node := range outer {
		if operation[key] == nil {
			operation[key] = r.node(node, keywords.below(key))
		}
	}
}

// parameters are those of an operation, and those of its path that it does not have itself.
func (r *resolver) parameters(own, shared any) []any {
	all := as[[]any](r, own, "parameters")
	for _, p := range as[[]any](r, shared, "parameters") {
		if !slices.ContainsFunc(all, func(q any) bool { return parameterKey(p) == parameterKey(q) }) {
			all = append(all, p)
		}
	}
	return all
}

// parameterKey is what tells a parameter from others.
func parameterKey(p any) string {
	m, _ := p.(map[string]any)
	return fmt.Sprint(m["in"], " parameter ", m["name"])
}

// security is a list of alternatives, with each scheme called what it is, since its name is the document's own.
func (r *resolver) security(v any) []any {
	alternatives := append([]any{}, as[[]any](r, v, "security")...) // none at all says the same as an empty list
	for i, alternative := range alternatives {
		schemes := map[string]any{}
		for name, scopes := range as[map[string]any](r, alternative, "security") {
			schemes[r.scheme(name)] = scopes
		}
		alternatives[i] = schemes
	}
	return alternatives
}

func (r *resolver) scheme(name string) string {
	scheme := as[map[string]any](r, r.reference("#/components/securitySchemes/"+name, nil, 0), name)
	switch scheme["type"] {
	case "http":
		return strings.ToLower(fmt.Sprint("http ", scheme["scheme"]))
	case "apiKey":
		return fmt.Sprint("apiKey ", scheme["in"], " ", scheme["name"])
	default:
		return fmt.Sprint(scheme)
	}
}

func (r *resolver) servers(v any) map[string]any {
	addresses := map[string]any{}
	for _, server := range as[[]any](r, v, "servers") {
		url := as[string](r, as[map[string]any](r, server, "servers")["url"], "url")
		addresses[strings.TrimSuffix(url, "/")] = true
	}
	if len(addresses) == 0 || addresses[""] != nil {
		r.fail("a server's address is missing, so the document may be cut short")
	}
	return addresses
}
