package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestEveryMutantOfAFactIsAChange changes openapi.yaml at each place that is not words.
func TestEveryMutantOfAFactIsAChange(t *testing.T) {
	t.Parallel()
	excuses := []struct {
		status       int
		why, mutants string
	}{
		{inStep, "nothing refers to a component of that name", `^add /components/\w+/\w+$`},
		{inStep, "other paths do not matter", `^add /paths/\S+$`},
		{inStep, "objects are open unless they say otherwise", `^drop \S+/meta/additionalProperties$`},
		{noVerdict, "there is no version", `^drop /openapi$|^change /openapi to ""`},
		{noVerdict, "there are no paths", `^(drop|change) /paths( |$)`},
		{noVerdict, "a component is missing", `^drop /components|^change /components(/\w+)? to |/\$ref to \S+x"$`},
		{noVerdict, "a scheme is missing", `^add /security/0/\w+$|^change /security to .*"x"`},
	}
	used := map[string]bool{}
	w := newWalk(t, func(name string, status int) {
		for _, excuse := range excuses {
			if status == excuse.status && regexp.MustCompile(excuse.mutants).MatchString(name) {
				used[excuse.why] = true
				return
			}
		}
		assert.Equal(t, changed, status, name)
	})
	w.visit("", w.root, w.mutate)
	require.Len(t, used, len(excuses), "each excuse is needed")
	require.Greater(t, w.compared, 400, "the walk reaches everything")
}

// TestNoOtherSpellingIsAChange says the same as openapi.yaml in other forms, at each place that is not words.
func TestNoOtherSpellingIsAChange(t *testing.T) {
	t.Parallel()
	w := newWalk(t, func(name string, status int) { assert.Equal(t, inStep, status, name) })
	w.visit("", w.root, w.respell)
	require.Greater(t, w.compared, 300, "the walk reaches everything")
}

func TestComponentsMayHaveOtherNames(t *testing.T) {
	t.Parallel()
	w := newWalk(t, nil)
	text, err := json.Marshal(w.root)
	require.NoError(t, err)
	var pairs []string
	for _, components := range w.root["components"].(object) {
		for name := range components.(object) {
			pairs = append(pairs, `"`+name+`"`, `"`+name+`x"`, `/`+name+`"`, `/`+name+`x"`)
		}
	}
	renamed, err := parse([]byte(strings.NewReplacer(pairs...).Replace(string(text))))
	require.NoError(t, err)
	require.Equal(t, inStep, statusOf(w.ours, renamed.root))
	require.NotContains(t, renamed.root["components"].(object)["schemas"], "video_Error")
}

// walk edits a document in one place at a time, and compares it with itself as it was.
type walk struct {
	t        *testing.T
	ours     *document
	root     object
	look     func(name string, status int)
	compared int
}

func newWalk(t *testing.T, look func(string, int)) *walk {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "openapi.yaml"))
	require.NoError(t, err)
	w := &walk{t: t, look: look}
	w.ours, err = parse(text)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &w.root))
	return w
}

// visit calls edit for each mapping that is not words.
func (w *walk) visit(at string, v any, edit func(at string, m object)) {
	switch v := v.(type) {
	case object:
		edit(at, v)
		for _, key := range facts(at, v) {
			w.visit(at+"/"+key, v[key], edit)
		}
	case []any:
		for i, inner := range v {
			w.visit(at+"/"+strconv.Itoa(i), inner, edit)
		}
	}
}

// facts are the keys of a mapping that are not words.
func facts(at string, m object) []string {
	words := regexp.MustCompile(`^/(info|tags)$|/(description|example|summary|x-[^/]*)$`)
	keys := slices.Sorted(maps.Keys(m))
	return slices.DeleteFunc(keys, func(key string) bool { return words.MatchString(at + "/" + key) })
}

// hasNames tells whether the keys of a mapping are chosen by the document.
func hasNames(at string) bool {
	return regexp.MustCompile(`^/(paths|components/\w+|security/\d)$|/(content|properties|responses)$`).MatchString(at)
}

// isSchema tells whether a mapping is a schema, and no reference to one.
func isSchema(at string, m object) bool {
	place := regexp.MustCompile(`/(schema|schemas/\w+|properties/\w+)$`)
	return m["$ref"] == nil && place.MatchString(at)
}

// with compares the document with another content of one of its mappings.
func (w *walk) with(name string, m, content object) {
	was := maps.Clone(m)
	clear(m)
	maps.Copy(m, content)
	w.compared++
	w.look(name, statusOf(w.ours, w.root))
	clear(m)
	maps.Copy(m, was)
}

func statusOf(ours *document, root object) int {
	theirs, err := newDocument(root)
	if err != nil {
		return noVerdict
	}
	facts, err := compare(ours, theirs)
	switch {
	case err != nil:
		return noVerdict
	case len(facts) > 0:
		return changed
	}
	return inStep
}

// set is a mapping with another value for a key.
func set(m object, key string, v any) object {
	m = maps.Clone(m)
	m[key] = v
	return m
}

func (w *walk) mutate(at string, m object) {
	for _, key := range facts(at, m) {
		place, without := at+"/"+key, maps.Clone(m)
		delete(without, key)
		w.with("drop "+place, m, without)
		for _, other := range others(key, m[key]) {
			if !reflect.DeepEqual(other, m[key]) {
				w.with(fmt.Sprintf("change %s to %s", place, say(other, true)), m, set(m, key, other))
			}
		}
		if hasNames(at) {
			w.with("add "+place+"x", m, set(m, key+"x", m[key]))
		}
	}
	if isSchema(at, m) {
		w.with("add unheardOf to "+at, m, set(m, "unheardOf", true))
	}
}

// others are what may stand in place of a value.
func others(key string, v any) []any {
	switch v := v.(type) {
	case string:
		if key == "openapi" {
			return []any{""}
		}
		if strings.HasPrefix(v, "#/") {
			return []any{v + "x", "#/components/schemas/video_ErrorSource"}
		}
		return []any{v + "x", ""}
	case int:
		return []any{v + 1, strconv.Itoa(v)}
	case bool:
		return []any{!v}
	case []any:
		if slices.Contains([]string{"required", "tags"}, key) {
			return []any{append(slices.Clone(v), "x"), v[1:]}
		}
		return []any{append(slices.Clone(v), object{}), v[min(1, len(v)):]}
	}
	return []any{object{}}
}

func (w *walk) respell(at string, m object) {
	if hasNames(at) {
		return
	}
	for _, word := range []string{"description", "summary", "x-hint"} {
		w.with(word+" at "+at, m, set(m, word, "other words"))
	}
	for _, key := range []string{"required", "tags"} {
		if list, ok := m[key].([]any); ok && len(list) > 0 {
			reversed := append(slices.Clone(list), list[0]) // once more
			slices.Reverse(reversed)
			w.with("order of "+at+"/"+key, m, set(m, key, reversed))
		}
	}
	if ref, ok := m["$ref"].(string); ok {
		var target any = w.root
		for _, key := range strings.Split(ref, "/")[1:] {
			target = target.(object)[key]
		}
		w.with("inline "+at, m, target.(object))
		if strings.Contains(ref, "/schemas/") {
			w.with("allOf around "+at, m, object{"allOf": []any{maps.Clone(m)}})
		}
	}
	if isSchema(at, m) {
		w.with("allOf around "+at, m, object{"allOf": []any{maps.Clone(m)}})
		w.with("list of one type at "+at, m, set(m, "type", []any{m["type"]}))
		for key, value := range map[string]any{
			"additionalProperties": object{}, "deprecated": false, "properties": object{},
		} {
			if _, has := m[key]; !has {
				w.with(key+" at "+at, m, set(m, key, value))
			}
		}
	}
}
