package contract_test

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// isAnnotation reports whether what stands under a keyword of OpenAPI changes nothing for a client: words, a format
// without a Go type, a default without a constant, and what the values of a response are like.
func (m *mutator) isAnnotation(where, keyword string, value any) bool {
	switch keyword {
	case "title", "summary", "description", "example", "examples", "tags", "readOnly":
		return true
	case "minimum", "maximum":
		return !m.inRequest(where)
	case "default":
		return !m.inRequest(where) || strings.Contains(where, "/parameters/")
	case "format":
		return formats()[fmt.Sprint(value)] == ""
	}
	return false
}

// isBareRefusal reports whether key is the name of a response that refuses and has no body. There is no code for it.
func (m *mutator) isBareRefusal(where, key string, value any) bool {
	if !strings.HasSuffix(where, "/responses") || strings.HasPrefix(key, "2") {
		return false
	}
	response := value.(object)
	if ref, ok := response["$ref"].(string); ok {
		response = m.root["components"].(object)["responses"].(object)[path.Base(ref)].(object)
	}
	return response["content"] == nil
}

// inRequest reports whether where is in the schema of a parameter or of a request's body.
func (m *mutator) inRequest(where string) bool {
	return strings.Contains(where, "/parameters/") ||
		slices.ContainsFunc(m.bodies, func(body string) bool { return strings.HasPrefix(where, body) })
}

// holdsNames reports whether the keys of what stands under a keyword are names, in place of keywords.
func holdsNames(keyword string) bool {
	return slices.Contains([]string{
		"paths", "properties", "responses", "content", "schemas", "securitySchemes", "security",
	}, keyword)
}

// otherNames are the other methods for a method, the statuses beside a status, and names like key for any other.
func otherNames(key string) []string {
	if methods := []string{"get", "put", "post", "patch", "delete"}; slices.Contains(methods, key) {
		return methods
	}
	if status, err := strconv.Atoi(key); err == nil {
		return []string{strconv.Itoa(status - 1), strconv.Itoa(status + 1)}
	}
	if strings.HasPrefix(key, "/") {
		return []string{key + "x", key + "/", "/x" + key}
	}
	if strings.Contains(key, "/") {
		return []string{key + "x", "application/xml", "application/problem+json"}
	}
	return []string{key + "x"}
}

// changes are the values that a scalar gets in place of its own.
func (m *mutator) changes(place string, value any) []any {
	switch value := value.(type) {
	case bool:
		return []any{!value}
	case float64:
		return []any{value - 1, value + 1, value * 10, -value}
	case string:
		return append(m.otherWords(place, value), "", value+"x")
	}
	return nil
}

// otherWords are what else OpenAPI knows in place of a keyword's value: other types, places and components.
func (m *mutator) otherWords(place, value string) []any {
	switch place[strings.LastIndex(place, "/")+1:] {
	case "type":
		return []any{"string", "integer", "number", "boolean", "array", "object"}
	case "in":
		return []any{"query", "header", "cookie"}
	case "scheme":
		return []any{"basic", "digest"}
	case "$ref":
		return m.otherComponents(strings.Split(value, "/"))
	}
	return nil
}

// otherComponents are references to the components of the same kind. Responses with the same content mean the same.
func (m *mutator) otherComponents(ref []string) []any {
	components, _ := m.root[ref[1]].(object)[ref[2]].(object)
	content := func(name string) any { return components[name].(object)["content"] }
	var refs []any
	for name := range components {
		if content(name) == nil || !reflect.DeepEqual(content(name), content(ref[3])) {
			refs = append(refs, "#/components/"+ref[2]+"/"+name)
		}
	}
	return refs
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
