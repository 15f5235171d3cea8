package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// respell brings an object to the one spelling in which documents are compared: OpenAPI 3.1's, with nothing said that
// would hold unsaid. It may change the object that it is given.
func respell(k kind, o map[string]any) map[string]any {
	switch k {
	case schema:
		return respellSchema(o)
	case parameter:
		drop(o, "required", false)
		drop(o, "allowReserved", false)
		drop(o, "allowEmptyValue", false)
	case requestBody:
		drop(o, "required", false)
	case operationObject:
		sortList(o, "tags")
		if o["tags"] == nil {
			delete(o, "tags")
		}
	}
	drop(o, "deprecated", false)
	for _, key := range []string{"content", "headers", "parameters", "callbacks", "encoding"} {
		if m, ok := o[key].(map[string]any); ok && len(m) == 0 {
			delete(o, key)
		}
	}
	return o
}

// respellNames brings names to one case where the wire takes either.
func respellNames(k kind, o map[string]any) map[string]any {
	if k != headers && k != content {
		return o
	}
	out := make(map[string]any, len(o))
	for name, v := range o {
		out[strings.ToLower(strings.ReplaceAll(name, " ", ""))] = v
	}
	return out
}

// respellLegacy turns OpenAPI 3.0's own keywords into JSON Schema's. Documents of 3.1 are known to hold some of them
// still, and mean the same by them.
func respellLegacy(o map[string]any) {
	exclusive(o, "exclusiveMinimum", "minimum")
	exclusive(o, "exclusiveMaximum", "maximum")
	if o["nullable"] == true && o["type"] != nil {
		addNull(o)
	}
	delete(o, "nullable")
}

func exclusive(o map[string]any, flag, bound string) {
	if o[flag] == true && o[bound] != nil {
		o[flag] = o[bound]
		delete(o, bound)
		return
	}
	if _, ok := o[flag].(bool); ok {
		delete(o, flag)
	}
}

func respellSchema(o map[string]any) map[string]any {
	unwrap(o)
	respellLegacy(o)
	if v, ok := o["const"]; ok && o["enum"] == nil {
		o["enum"] = []any{v}
		delete(o, "const")
	}
	respellEncoding(o)
	sortList(o, "enum")
	sortList(o, "required")
	respellType(o)
	for _, key := range []string{"uniqueItems", "readOnly", "writeOnly", "deprecated"} {
		drop(o, key, false)
	}
	for _, key := range []string{"minLength", "minItems", "minProperties"} {
		drop(o, key, json.Number("0"))
	}
	for _, key := range []string{"additionalProperties", "items", "properties", "patternProperties", "unevaluatedProperties"} {
		if m, ok := o[key].(map[string]any); ok && len(m) == 0 {
			delete(o, key)
		}
	}
	return o
}

func respellType(o map[string]any) {
	types, ok := o["type"].([]any)
	if !ok {
		return
	}
	types = sorted(types)
	o["type"] = types
	if len(types) == 1 {
		o["type"] = types[0]
	}
}

// respellEncoding keeps OpenAPI 3.0's formats for bytes, which 3.1 spells as content.
func respellEncoding(o map[string]any) {
	switch {
	case o["format"] != nil:
	case o["contentEncoding"] == "base64":
		o["format"] = "byte"
		delete(o, "contentEncoding")
	case o["contentMediaType"] == "application/octet-stream":
		o["format"] = "binary"
		delete(o, "contentMediaType")
	}
}

func drop(o map[string]any, key string, unsaid any) {
	if v, ok := o[key]; ok && v == unsaid {
		delete(o, key)
	}
}

func sortList(o map[string]any, key string) {
	list, ok := o[key].([]any)
	if !ok {
		return
	}
	o[key] = sorted(list)
	if len(list) == 0 && key == "required" {
		delete(o, key)
	}
}

// sorted puts a set of values in order, each once.
func sorted(list []any) []any {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
	return slices.CompactFunc(list, func(a, b any) bool { return encode(a) == encode(b) })
}

// encode is a value's one JSON text, with names in order.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the walker makes nothing that JSON cannot hold
	}
	return string(text)
}
