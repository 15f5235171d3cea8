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

// object is a JSON object of the spec.
type object = map[string]any

// mutant is openapi.yaml with a single fault.
type mutant struct {
	name string
	spec []byte
}

// mutator walks a spec and makes a mutant at each place where a fault can be put.
type mutator struct {
	t    *testing.T
	root object
	made []mutant
}

// mutantsOf makes every single-fault variant of openapi.yaml that the walk knows of.
func mutantsOf(t *testing.T) []mutant {
	t.Helper()
	m := &mutator{t: t}
	require.NoError(t, json.Unmarshal(specJSON(t), &m.root))
	m.servers()
	m.provenance()
	m.security("document", m.root)
	m.paths()
	m.components()
	return m.made
}

// specJSON is openapi.yaml as JSON.
func specJSON(t *testing.T) []byte {
	t.Helper()
	spec, err := json.Marshal(loadSpec(t))
	require.NoError(t, err)
	return spec
}

// with makes a mutant by a change to one object, and undoes it. The change must replace what it alters below the object.
func (m *mutator) with(where, fault string, at object, change func()) {
	m.t.Helper()
	before := maps.Clone(at)
	change()
	spec, err := json.Marshal(m.root)
	require.NoError(m.t, err)
	clear(at)
	maps.Copy(at, before)
	m.made = append(m.made, mutant{where + ": " + fault, spec})
}

// set makes a mutant in which a key has another value.
func (m *mutator) set(where string, at object, key string, value any) {
	m.t.Helper()
	text, err := json.Marshal(value)
	require.NoError(m.t, err)
	m.with(where, key+" is "+string(text), at, func() { at[key] = value })
}

// drop makes a mutant in which a key is missing.
func (m *mutator) drop(where string, at object, key string) {
	m.t.Helper()
	m.with(where, key+" is dropped", at, func() { delete(at, key) })
}

// rename makes a mutant in which a value stands under another key.
func (m *mutator) rename(where string, at object, key, to string) {
	m.t.Helper()
	m.with(where, key+" is renamed "+to, at, func() {
		at[to] = at[key]
		delete(at, key)
	})
}

// child is the object under a key, or an empty one.
func child(at object, key string) object {
	value, _ := at[key].(object)
	return value
}

// each walks the objects under at in the order of their keys.
func each(at object, visit func(key string, value object)) {
	for _, key := range slices.Sorted(maps.Keys(at)) {
		if value, ok := at[key].(object); ok {
			visit(key, value)
		}
	}
}

func (m *mutator) servers() {
	servers, _ := m.root["servers"].([]any)
	for i, server := range servers {
		s, _ := server.(object)
		url, _ := s["url"].(string)
		where := fmt.Sprintf("servers[%d]", i)
		m.set(where, s, "url", strings.Replace(url, "https:", "http:", 1))
		m.set(where, s, "url", strings.Replace(url, "//", "//other.", 1))
		m.set(where, s, "url", url+"0")
		m.drop(where, s, "url")
	}
	m.drop("document", m.root, "servers")
	m.set("document", m.root, "servers", append(slices.Clone(servers), object{"url": "https://other.example.com"}))
}

func (m *mutator) provenance() {
	info := child(m.root, "info")
	m.drop("info", info, "x-upstream")
	upstream := child(info, "x-upstream")
	for _, key := range slices.Sorted(maps.Keys(upstream)) {
		m.drop("info.x-upstream", upstream, key)
		m.set("info.x-upstream", upstream, key, "")
		m.set("info.x-upstream", upstream, key, fmt.Sprintf("%v?", upstream[key]))
	}
}
