package contract_test

import (
	"fmt"
	"slices"
	"strings"
)

// add makes the mutants in which an operation takes or asks for something more, or a request is held to something more.
func (m *mutator) add(where string, at object) {
	m.t.Helper()
	if at["operationId"] != nil {
		m.with(where, at, "security", []any{object{}})
		for _, in := range []string{"query", "header", "cookie"} {
			parameters, _ := at["parameters"].([]any)
			more := object{"name": "more", "in": in, "schema": object{"type": "string"}}
			m.with(where, at, "parameters", append(slices.Clone(parameters), more))
		}
	}
	if at["type"] != nil && m.inRequest(where) {
		for keyword, value := range constraints() {
			m.with(where, at, keyword, value)
		}
	}
}

// inRequest reports whether where is in the schema of a parameter or of a request's body.
func (m *mutator) inRequest(where string) bool {
	return strings.Contains(where, "/parameters/") ||
		slices.ContainsFunc(m.requests, func(request string) bool { return strings.HasPrefix(where, request) })
}

// constraints are keywords that the spec of a request may come to have. The generated Validate knows none of them.
func constraints() object {
	return object{
		"minLength": 2, "maxLength": 1000, "pattern": "^[a-z]*$",
		"exclusiveMinimum": 9, "exclusiveMaximum": 90000, "multipleOf": 5,
		"enum": []any{"text", 600, 3600, 86400}, "const": 600, "not": object{"const": 11},
		"anyOf": []any{object{"minimum": 20}}, "minProperties": 1, "maxProperties": 9, "additionalProperties": false,
	}
}

// with makes a mutant in which at has another value under key.
func (m *mutator) with(where string, at object, key string, value any) {
	m.t.Helper()
	before, had := at[key]
	at[key] = value
	m.keep(fmt.Sprintf("%s gets %s %v", where, key, value))
	if at[key] = before; !had {
		delete(at, key)
	}
}
