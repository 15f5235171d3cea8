package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// endpoint names an operation.
type endpoint struct{ method, path string }

func (e endpoint) String() string { return strings.ToUpper(e.method) + " " + e.path }

// endpoints lists the operations of a document.
func (d *document) endpoints() ([]endpoint, error) {
	d.left = maxValues
	var found []endpoint
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		item := as[object](d, d.value(d.Paths[path], keywords, 0), path)
		for _, key := range slices.Sorted(maps.Keys(item)) {
			if _, isOperation := item[key].(object); isOperation {
				found = append(found, endpoint{key, path})
			}
		}
	}
	if len(found) == 0 {
		d.fail("has no operations")
	}
	return found, d.err
}

var variable = regexp.MustCompile(`\{[^{}]*\}`)

// operation is an operation with everything that it reaches and inherits, in normal form. In its path, variables may
// have other names.
func (d *document) operation(e endpoint) (found object, err error) {
	d.left = maxValues
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		if variable.ReplaceAllString(path, "{}") != variable.ReplaceAllString(e.path, "{}") {
			continue
		}
		item := as[object](d, d.value(d.Paths[path], keywords, 0), path)
		operation := as[object](d, item[e.method], e.method)
		if operation != nil && found != nil {
			d.fail("the operation is there twice, at %.100q and %.100q", found["path"], path)
		} else if operation != nil {
			found = operation
			d.complete(found, item, path, e.path)
		}
	}
	if found == nil {
		d.fail("the operation is gone")
	}
	return found, d.err
}

// complete adds what an operation inherits.
func (d *document) complete(operation, item object, path, ours string) {
	names := map[string]string{}
	for i, name := range variable.FindAllString(path, -1) {
		names[name] = strings.Trim(variable.FindAllString(ours, -1)[i], "{}")
	}
	parameters := d.parameters(item["parameters"], names)
	maps.Copy(parameters, d.parameters(operation["parameters"], names))
	security := cmp.Or(operation["security"], d.value(d.Security, keywords.below("security"), 0))
	servers := cmp.Or(operation["servers"], item["servers"], d.value(d.Servers, keywords, 0))
	operation["parameters"], operation["path"] = parameters, path
	operation["security"], operation["servers"] = d.security(security), d.servers(servers)
}

// parameters are those of a list by what tells them apart, without headers that OpenAPI ignores there.
func (d *document) parameters(list any, names map[string]string) object {
	all := object{}
	for _, v := range as[[]any](d, list, "parameters") {
		p := object{}
		maps.Copy(p, as[object](d, v, "parameters"))
		in, name := as[string](d, p["in"], "in"), as[string](d, p["name"], "name")
		if ours, ok := names["{"+name+"}"]; in == "path" && ok {
			name = ours
		} else if in == "path" {
			name += ", which the path lacks"
		}
		p["name"] = name
		style := map[string]string{"cookie": "form", "header": "simple", "path": "simple", "query": "form"}[in]
		if p["style"] == style {
			delete(p, "style")
		}
		if p["style"] == nil && p["explode"] == (style == "form") {
			delete(p, "explode")
		}
		key := in + " parameter " + name
		switch strings.ToLower(key) {
		case "header parameter accept", "header parameter authorization", "header parameter content-type":
			continue
		}
		if all[key] != nil || in == "" || name == "" {
			d.fail("is not OpenAPI: %.100q has no name, or is there twice", key)
		}
		all[key] = p
	}
	return all
}

// security is a list of alternatives, with each scheme called what it is, since its name is the document's own.
func (d *document) security(v any) []any {
	alternatives := []any{} // none at all says the same as an empty list
	for _, v := range as[[]any](d, v, "security") {
		schemes := object{}
		for name, scopes := range as[object](d, v, "security") {
			scheme := as[object](d, d.reference("#/components/securitySchemes/"+name, nil, 0), name)
			if scheme["type"] == "http" {
				scheme["scheme"] = strings.ToLower(fmt.Sprint(scheme["scheme"]))
			}
			schemes[strings.TrimPrefix(fmt.Sprint(scheme), "map")] = scopes
		}
		alternatives = append(alternatives, schemes)
	}
	return sorted(alternatives)
}

// servers are a set of addresses, in the normal form of RFC 3986.
func (d *document) servers(v any) object {
	addresses := object{}
	for _, v := range as[[]any](d, v, "servers") {
		server := as[object](d, v, "servers")
		text := as[string](d, server["url"], "url")
		for name, v := range as[object](d, server["variables"], "variables") {
			text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(as[object](d, v, name)["default"]))
		}
		if u, err := url.Parse(text); err == nil {
			port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
			u.Host = strings.TrimSuffix(strings.ToLower(u.Host), port)
			text = u.String()
		}
		addresses[strings.TrimSuffix(text, "/")] = true
	}
	if len(addresses) == 0 || addresses[""] != nil {
		d.fail("a server's address is missing, so the document may be cut short")
	}
	return addresses
}
