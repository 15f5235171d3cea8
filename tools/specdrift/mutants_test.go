package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// fewestMutants keeps a walk that misses a part of openapi.yaml from passing for want of mutants.
const fewestMutants = 600

// harmless are the mutants of openapi.yaml that break no caller, and why.
func harmless() map[string]struct {
	level   level
	mutants string
} {
	return map[string]struct {
		level   level
		mutants string
	}{
		"objects are open unless they say otherwise": {inStep, `^drop .*/meta/additionalProperties$`},
		"a scheme has no such keyword":               {inStep, `^add .* /components/securitySchemes/`},
		"a request may hold more than before":        {compatible, `^drop .*Request(/.*)?/(minimum|maximum|type|required)$`},
		"the bound is lower":                         {compatible, `^change .*Request/.*/minimum to (9|59)$`},
		"the bound is higher":                        {compatible, `^change .*Request/.*/maximum to (3601|86401)$`},
		"nothing is required":                        {compatible, `^change .*Request/required to \[\]$`},
		"any value will do":                          {compatible, `^change .*(s/refresh_token|/0/schema) to \{\}$`},
		"a parameter may hold more than before":      {compatible, `^drop .*/parameters/0/schema/(format|type)$`},
		"a parameter may be left out":                {compatible, `^(drop|change) .*/parameters/0/required( to false)?$`},
		"the body may be left out":                   {compatible, `^(drop|change) .*/requestBody/required( to false)?$`},
		"a failure no longer happens":                {compatible, `^drop .*/responses/403$`},
		"tags group the documentation":               {compatible, `^(drop|change) .*/post/tags`},
		"credentials are not asked for":              {compatible, `^\w+ /security(/0(/bearerAuth)?)?( to ..)?$`},
		"a response holds less":                      {compatible, `^add (const|enum|not|pattern|readOnly).*(onse|Error)`},
		"null may be sent too":                       {compatible, `^add null .*(Request|/schema$)`},
		"a request hides it from responses":          {compatible, `^add writeOnly .*Request/`},
	}
}

func TestNoMutantThatBreaksCallersIsCalledHarmless(t *testing.T) {
	t.Parallel()
	ours, err := open(filepath.Join("..", "..", "openapi.yaml"))
	require.NoError(t, err)
	reasons := map[string]int{}
	made := mutants(t)
	for i, level := range verdicts(ours, made) {
		if level == breaking || level == noVerdict {
			continue
		}
		why := "none"
		for reason, excuse := range harmless() {
			if excuse.level == level && regexp.MustCompile(excuse.mutants).MatchString(made[i].name) {
				why = reason
			}
		}
		reasons[why]++
		assert.NotEqual(t, "none", why, "%s is called %s", made[i].name, level)
	}
	for reason := range harmless() {
		assert.Positive(t, reasons[reason], "%q excuses no mutant", reason)
	}
	require.Greater(t, len(made), fewestMutants)
}

// verdicts judges the mutants, several at a time.
func verdicts(ours *document, made []mutant) []level {
	levels := make([]level, len(made))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(made); i = next.Add(1) - 1 {
				levels[i] = verdictOn(ours, made[i].text)
			}
		})
	}
	workers.Wait()
	return levels
}

func verdictOn(ours *document, text string) level {
	theirs, err := parse([]byte(text))
	if err != nil {
		return noVerdict
	}
	changes, err := compareAll(ours, theirs)
	if err != nil {
		return noVerdict
	}
	return worst(changes)
}

// mutant is openapi.yaml with a single fault, as JSON, which is YAML too.
type mutant struct{ name, text string }

// mutator makes a mutant at each place of a document that is not words.
type mutator struct {
	root any
	made []mutant
}

func mutants(t *testing.T) []mutant {
	t.Helper()
	var m mutator
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, filepath.Join("..", "..", "openapi.yaml"))), &m.root))
	m.walk(t, "", m.root, keywords)
	return m.made
}

func (m *mutator) add(t *testing.T, name string) {
	t.Helper()
	text, err := json.Marshal(m.root)
	require.NoError(t, err)
	m.made = append(m.made, mutant{name, string(text)})
}

func (m *mutator) walk(t *testing.T, at string, v any, in where) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			inner, place := v[key], at+"/"+key
			if in == keywords && isWord(key) || place == "/info" || place == "/tags" {
				continue
			}
			m.mutate(t, place, v, key)
			below := in.below(key)
			if at == "/components" || place == "/paths" {
				below = names
			}
			m.walk(t, place, inner, below)
		}
		if _, isSchema := v["type"].(string); isSchema && in == keywords {
			m.extend(t, at, v)
		}
	case []any:
		for i, inner := range v {
			place := at + "/" + strconv.Itoa(i)
			v[i] = others(inner)[0]
			m.add(t, "change "+place)
			v[i] = inner
			m.walk(t, place, inner, in)
		}
	}
}

// mutate drops a key, renames it, and gives it other values.
func (m *mutator) mutate(t *testing.T, at string, holder map[string]any, key string) {
	t.Helper()
	was := holder[key]
	delete(holder, key)
	m.add(t, "drop "+at)
	holder[key+"x"] = was
	m.add(t, "rename "+at)
	delete(holder, key+"x")
	for _, fresh := range others(was) {
		if !reflect.DeepEqual(was, fresh) {
			holder[key] = fresh
			m.add(t, "change "+at+" to "+say(fresh))
		}
	}
	holder[key] = was
}

func others(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v + "x"}
	case int:
		return []any{v - 1, v + 1, strconv.Itoa(v)}
	case bool:
		return []any{!v}
	case []any:
		return []any{append(slices.Clone(v), "x"), []any{}}
	default:
		return []any{map[string]any{}, []any{}, "x"}
	}
}

// extend adds keywords to a schema.
func (m *mutator) extend(t *testing.T, at string, schema map[string]any) {
	t.Helper()
	for key, value := range map[string]any{
		"const": "a", "enum": []any{"a"}, "not": map[string]any{"const": "a"}, "pattern": "a",
		"readOnly": true, "unheardOf": true, "writeOnly": true,
	} {
		schema[key] = value
		m.add(t, "add "+key+" "+at)
		delete(schema, key)
	}
	was := schema["type"]
	schema["type"] = []any{was, "null"}
	m.add(t, "add null "+at)
	schema["type"] = was
}
