package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"strings"
)

// operations are those of a path, with all that they reach and inherit, in normal form.
func (d *document) operations(path string) object {
	d.left = maxValues
	item := as[object](d, d.value(d.paths[path], keywords, 0), path)
	found := object{}
	for key, v := range item {
		if operation, ok := v.(object); ok {
			d.complete(operation, item)
			found[strings.ToUpper(key)+" "+path] = operation
		}
	}
	return found
}

// complete adds what an operation inherits.
func (d *document) complete(operation, item object) {
	parameters := d.parameters(item["parameters"])
	maps.Copy(parameters, d.parameters(operation["parameters"]))
	security := cmp.Or(operation["security"], d.value(d.root["security"], keywords.below("security"), 0))
	servers := cmp.Or(operation["servers"], item["servers"], d.value(d.root["servers"], keywords, 0))
	operation["parameters"] = parameters
	operation["security"], operation["servers"] = d.security(security), d.servers(servers)
}

// parameters are those of a list by what tells them apart, without headers that OpenAPI ignores there.
func (d *document) parameters(list any) object {
	all := object{}
	for _, v := range as[[]any](d, list, "parameters") {
		p := as[object](d, v, "parameters")
		in, name := as[string](d, p["in"], "in"), as[string](d, p["name"], "name")
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
func (d *document) servers(v any) []any {
	addresses := []any{}
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
		addresses = append(addresses, strings.TrimSuffix(text, "/"))
	}
	return sorted(addresses)
}
