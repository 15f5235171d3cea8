package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// object is a mapping as JSON has it.
type object = map[string]any

// holdsNames tells whether the keys in the value of a keyword are chosen by the document, so that a property called
// "description" is not taken for a description.
func holdsNames(keyword string) bool {
	return slices.Contains([]string{"headers", "properties", "responses", "security"}, keyword)
}

// isWord tells whether callers cannot feel a keyword: words, examples, hints for tools.
func isWord(keyword string) bool {
	words := []string{
		"$comment", "$defs", "$schema", "bearerFormat", "description", "example", "examples", "externalDocs", "links",
		"summary", "title", "xml",
	}
	return slices.Contains(words, keyword) || strings.HasPrefix(keyword, "x-")
}

// implied are the values that keywords have where they are left out.
var implied = map[string][]any{
	"additionalProperties": {true, object{}}, "deprecated": {false}, "properties": {object{}},
	"required": {false, []any{}},
}

// normal is a mapping in the form in which those that say the same are equal.
func normal(m object) any {
	for key, v := range m {
		if slices.ContainsFunc(implied[key], func(i any) bool { return reflect.DeepEqual(i, v) }) {
			delete(m, key)
		}
	}
	if m["nullable"] == true { // OpenAPI 3.0
		m["type"] = []any{m["type"], "null"}
		delete(m, "nullable")
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
		if key != "allOf" && !reflect.DeepEqual(v, branch[key]) {
			return m
		}
	}
	return branch
}
