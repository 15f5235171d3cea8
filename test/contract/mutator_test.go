package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// object is a JSON object.
type object = map[string]any

// mutant is openapi.yaml with one change.
type mutant struct {
	name string
	spec []byte
}

// mutator changes the document in one place, keeps that as a mutant, and changes it back.
type mutator struct {
	t      *testing.T
	root   object
	bodies []string        // where the schemas of request bodies stand
	seen   map[string]bool // by spec
	made   []mutant
}

func mutantsOf(t *testing.T) []mutant {
	t.Helper()
	doc := load(t)
	m := &mutator{t: t, seen: map[string]bool{}}
	spec, err := json.Marshal(doc)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(spec, &m.root))
	for _, op := range operationsOf(doc) {
		if body := op.body(); body != nil {
			m.bodies = append(m.bodies, strings.TrimPrefix(body.Ref, "#"))
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

// walk drops each part of value, renames it if it has a name, and goes on to it. Of a scalar it makes others.
func (m *mutator) walk(place string, value any, names bool, set func(any)) {
	m.t.Helper()
	switch value := value.(type) {
	case object:
		m.walkObject(place, value, names)
	case []any:
		for i, element := range value {
			where := fmt.Sprintf("%s/%d", place, i)
			set(slices.Delete(slices.Clone(value), i, i+1))
			m.keep(where + " is dropped")
			set(value)
			m.walk(where, element, names, func(other any) { value[i] = other })
		}
	default:
		for _, other := range m.changes(place, value) {
			set(other)
			m.keep(fmt.Sprintf("%s is %v", place, other))
		}
		set(value)
	}
}

func (m *mutator) walkObject(where string, at object, names bool) {
	m.t.Helper()
	m.add(where, at)
	for _, key := range slices.Sorted(maps.Keys(at)) {
		place, value := where+"/"+key, at[key]
		if m.isBareRefusal(where, key, value) || !names && m.isAnnotation(where, key, value) {
			continue
		}
		delete(at, key)
		m.keep(place + " is dropped")
		at[key] = value
		if names {
			m.rename(where, at, key)
		}
		m.walk(place, value, where == "/paths" || !names && holdsNames(key), func(other any) { at[key] = other })
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
