package contract_test

import (
	"fmt"
	"maps"
	"slices"
)

func (m *mutator) components() {
	components := child(m.root, "components")
	each(child(components, "responses"), func(name string, response object) {
		m.content("components.responses."+name, response)
	})
	schemes := child(components, "securitySchemes")
	each(schemes, func(name string, scheme object) {
		where := "components.securitySchemes." + name
		m.set(where, scheme, "scheme", "basic")
		m.set("components.securitySchemes", schemes, name, object{"type": "apiKey", "in": "header", "name": "Authorization"})
	})
	each(child(components, "schemas"), func(name string, schema object) {
		m.retype("components.schemas."+name, schema)
		m.schema("components.schemas."+name, schema)
	})
}

// schema changes what a schema says, in depth.
func (m *mutator) schema(where string, schema object) {
	for _, bound := range []string{"minimum", "maximum"} {
		m.number(where, schema, bound)
	}
	m.number(where, schema, "default")
	if format, ok := schema["format"]; ok {
		m.set(where, schema, "format", fmt.Sprintf("%v-other", format))
		m.drop(where, schema, "format")
	}
	if _, ok := schema["x-go-type"]; ok {
		m.drop(where, schema, "x-go-type")
	}
	if _, ok := schema["additionalProperties"]; ok {
		m.set(where, schema, "additionalProperties", false)
		m.set(where, schema, "additionalProperties", object{"type": "string"})
		m.drop(where, schema, "additionalProperties")
	}
	if items, ok := schema["items"].(object); ok {
		m.retype(where+".items", items)
		m.schema(where+".items", items)
	}
	if schema["type"] == "object" {
		m.properties(where, schema)
	}
}

// number moves a number by one either way, and drops it.
func (m *mutator) number(where string, schema object, key string) {
	switch value := schema[key].(type) {
	case nil:
	case float64:
		m.set(where, schema, key, value-1)
		m.set(where, schema, key, value+1)
		m.drop(where, schema, key)
	default:
		m.set(where, schema, key, fmt.Sprintf("%v-other", value))
		m.drop(where, schema, key)
	}
}

func (m *mutator) properties(where string, schema object) {
	properties := child(schema, "properties")
	more := maps.Clone(properties)
	if more == nil {
		more = object{}
	}
	more["more"] = object{"type": "string"}
	m.with(where, "a property is added", schema, func() { schema["properties"] = more })
	each(properties, func(name string, property object) {
		at := where + "." + name
		m.property(at, name, schema)
		m.flipRequired(at, name, schema)
		m.retype(at, property)
		m.schema(at, property)
	})
}

// property renames a property and drops it, from the list of those required too.
func (m *mutator) property(where, name string, schema object) {
	required, _ := schema["required"].([]any)
	rest := maps.Clone(child(schema, "properties"))
	delete(rest, name)
	m.with(where, "is dropped", schema, func() {
		schema["properties"], schema["required"] = rest, without(required, name)
	})
	renamed := maps.Clone(rest)
	renamed[name+"_other"] = child(schema, "properties")[name]
	m.with(where, "is renamed", schema, func() {
		schema["properties"], schema["required"] = renamed, without(required, name)
		if slices.Contains(required, any(name)) {
			schema["required"] = append(without(required, name), name+"_other")
		}
	})
}

func (m *mutator) flipRequired(where, name string, schema object) {
	required, _ := schema["required"].([]any)
	if slices.Contains(required, any(name)) {
		m.with(where, "is not required", schema, func() { schema["required"] = without(required, name) })
		return
	}
	m.with(where, "is required", schema, func() { schema["required"] = append(slices.Clone(required), name) })
}

func without(names []any, name string) []any {
	return slices.DeleteFunc(slices.Clone(names), func(other any) bool { return other == name })
}

// retype gives a schema each other type. One that refers to a component becomes that type in place of it.
func (m *mutator) retype(where string, schema object) {
	if _, ok := schema["type"]; ok {
		m.drop(where, schema, "type")
	}
	for _, kind := range []string{"string", "integer", "number", "boolean", "array", "object"} {
		if kind == schema["type"] || kind == "object" && schema["$ref"] != nil {
			continue
		}
		m.with(where, "is of type "+kind, schema, func() {
			delete(schema, "$ref")
			schema["type"] = kind
			if kind == "array" {
				schema["items"] = object{"type": "string"}
			}
		})
	}
}
