package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// object is a JSON object of the spec.
type object = map[string]any

// mutant is openapi.yaml with one change.
type mutant struct {
	name string
	spec []byte
}

// mutator changes the document in one place, keeps that as a mutant, and changes it back.
type mutator struct {
	t        *testing.T
	root     object
	requests []string        // where the schemas of request bodies stand
	seen     map[string]bool // by spec
	made     []mutant
}

func mutantsOf(t *testing.T) []mutant {
	t.Helper()
	doc := load(t)
	m := &mutator{t: t, seen: map[string]bool{}}
	spec, err := json.Marshal(doc)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(spec, &m.root))
	for _, op := range operationsOf(doc) {
		if op.body() != nil {
			m.requests = append(m.requests, strings.TrimPrefix(op.RequestBody.Value.Content[jsonType].Schema.Ref, "#"))
		}
	}
	m.keep("openapi.yaml itself")
	m.walkObject("", m.root, false)
	return m.made[1:]
}

// keep makes a mutant of the document as it stands, with pairs of texts to replace, unless there is one like it.
func (m *mutator) keep(name string, replace ...string) {
	m.t.Helper()
	spec, err := json.Marshal(m.root)
	require.NoError(m.t, err)
	text := strings.NewReplacer(replace...).Replace(string(spec))
	if !m.seen[text] {
		m.seen[text] = true
		m.made = append(m.made, mutant{name, []byte(text)})
	}
}

// isWords reports whether what stands under a keyword of OpenAPI is for people only.
func isWords(keyword string) bool {
	return slices.Contains([]string{"title", "summary", "description", "example", "examples", "tags"}, keyword)
}

// holdsNames reports whether the keys of what stands under a keyword are names, in place of keywords.
func holdsNames(keyword string) bool {
	return slices.Contains([]string{
		"paths", "properties", "responses", "content", "schemas", "securitySchemes", "security",
	}, keyword)
}

// walkObject drops each key of at, renames it if it is a name, and goes on to what stands under it.
func (m *mutator) walkObject(where string, at object, names bool) {
	m.t.Helper()
	m.add(where, at)
	for _, key := range slices.Sorted(maps.Keys(at)) {
		if !names && isWords(key) {
			continue
		}
		place, value := where+"/"+key, at[key]
		delete(at, key)
		m.keep(place + " is dropped")
		at[key] = value
		if names {
			m.rename(where, at, key)
		}
		m.walk(place, value, where == "/paths" || !names && holdsNames(key), func(other any) { at[key] = other })
	}
}

func (m *mutator) walk(place string, value any, names bool, set func(any)) {
	switch value := value.(type) {
	case object:
		m.walkObject(place, value, names)
	case []any:
		m.walkList(place, value, names, set)
	default:
		for _, other := range m.changes(place, value) {
			set(other)
			m.keep(fmt.Sprintf("%s is %v", place, other))
		}
		set(value)
	}
}

// walkList drops each element and goes on to it.
func (m *mutator) walkList(place string, list []any, names bool, set func(any)) {
	for i, element := range list {
		set(slices.Delete(slices.Clone(list), i, i+1))
		m.keep(fmt.Sprintf("%s/%d is dropped", place, i))
		set(list)
		m.walk(fmt.Sprintf("%s/%d", place, i), element, names, func(other any) { list[i] = other })
	}
}

// rename gives what stands under key a second name, and then only that. References to a component follow.
func (m *mutator) rename(where string, at object, key string) {
	m.t.Helper()
	reference := func(name string) string { return `"#` + where + "/" + name + `"` }
	value := at[key]
	for _, other := range otherNames(key) {
		if _, taken := at[other]; taken {
			continue
		}
		at[other] = value
		m.keep(where + "/" + other + " is added")
		delete(at, key)
		m.keep(where+"/"+key+" is renamed "+other, reference(key), reference(other))
		at[key] = value
		delete(at, other)
	}
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
