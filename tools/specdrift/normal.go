package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// object is a mapping as JSON has it.
type object = map[string]any

// where says what the keys of a mapping are, so that a property called "description" is not taken for a description.
type where int

const (
	keywords   where = iota // OpenAPI's own
	names                   // chosen by the document, such as those of properties
	extensible              // chosen by the document, but for extensions: statuses, callbacks
	data                    // of a value that is taken as it stands
)

// below is what the keys are in the value of a key.
func (w where) below(key string) where {
	switch {
	case w == data:
		return data
	case w != keywords:
		return keywords
	}
	switch key {
	case "callbacks", "responses":
		return extensible
	case "content", "dependentSchemas", "encoding", "headers", "patternProperties", "properties", "security", "variables":
		return names
	case "const", "default", "dependentRequired", "enum", "mapping":
		return data
	}
	return keywords
}

// ignores tells whether callers cannot feel a key: words, examples, hints for tools.
func (w where) ignores(key string) bool {
	words := []string{
		"$comment", "$defs", "$schema", "bearerFormat", "description", "example", "examples", "externalDocs", "links",
		"summary", "title", "xml",
	}
	return w == keywords && slices.Contains(words, key) ||
		(w == keywords || w == extensible) && strings.HasPrefix(key, "x-")
}

// implied are the values that keywords have where they are left out.
var implied = map[string][]any{
	"additionalProperties": {true, object{}}, "unevaluatedItems": {true, object{}},
	"unevaluatedProperties": {true, object{}}, "properties": {object{}},
	"allowEmptyValue": {false}, "allowReserved": {false}, "deprecated": {false}, "exclusiveMaximum": {false},
	"exclusiveMinimum": {false}, "nullable": {false}, "readOnly": {false}, "uniqueItems": {false}, "writeOnly": {false},
	"minItems": {0.0}, "minLength": {0.0}, "minProperties": {0.0},
	"required": {false, []any{}}, "tags": {[]any{}},
}

// normal is a mapping of keywords in the form in which those that say the same are equal.
func normal(m object) any {
	for key, v := range m {
		if slices.ContainsFunc(implied[key], func(i any) bool { return reflect.DeepEqual(i, v) }) {
			delete(m, key)
		}
	}
	if value, ok := m["const"]; ok && m["enum"] == nil {
		m["enum"] = []any{value}
		delete(m, "const")
	}
	if name, ok := m["type"].(string); ok && m["nullable"] == true { // OpenAPI 3.0, as are the bounds below
		m["type"] = []any{name, "null"}
		delete(m, "nullable")
	}
	for exclusive, bound := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if m[exclusive] == true && m[bound] != nil {
			m[exclusive] = m[bound]
			delete(m, bound)
		}
	}
	for _, key := range []string{"allOf", "enum", "required", "tags", "type"} {
		if list, ok := m[key].([]any); ok {
			m[key] = sorted(list)
		}
	}
	if types, ok := m["type"].([]any); ok && len(types) == 1 {
		m["type"] = types[0]
	}
	return merged(m)
}

// sorted is a list that is a set.
func sorted(list []any) []any {
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.CompactFunc(list, reflect.DeepEqual)
}

// merged is the only branch of an allOf, where nothing that it does not say itself stands beside it.
func merged(m object) any {
	branches, _ := m["allOf"].([]any)
	if len(branches) != 1 {
		return m
	}
	branch, _ := branches[0].(object)
	for key, v := range m {
		if branch == nil || key != "allOf" && !reflect.DeepEqual(v, branch[key]) {
			return m
		}
	}
	return branch
}
