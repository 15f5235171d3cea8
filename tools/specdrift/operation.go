package main

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
)

// operations are those of a path, with all that they reach and inherit, in normal form.
func (d *document) operations(path string) object {
	d.left = maxValues
	item := as[object](d, d.value(d.paths[path], false), path)
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
	operation["parameters"] = parameters
	operation["security"] = d.security(cmp.Or(operation["security"], d.value(d.root["security"], true)))
	operation["servers"] = cmp.Or(operation["servers"], item["servers"], d.value(d.root["servers"], false))
}

// parameters are those of a list by what tells them apart.
func (d *document) parameters(list any) object {
	all := object{}
	for _, v := range as[[]any](d, list, "parameters") {
		p := as[object](d, v, "parameters")
		all[fmt.Sprintf("%v parameter %v", p["in"], p["name"])] = p
	}
	return all
}

// security is a list of alternatives, with each scheme called what it is, since its name is the document's own.
func (d *document) security(v any) []any {
	alternatives := []any{} // none at all says the same as an empty list
	for _, v := range as[[]any](d, v, "security") {
		schemes := object{}
		for name, scopes := range as[object](d, v, "security") {
			scheme := d.value(d.target("#/components/securitySchemes/"+name), false)
			schemes[fmt.Sprint(scheme)] = scopes
		}
		alternatives = append(alternatives, schemes)
	}
	return sorted(alternatives)
}
