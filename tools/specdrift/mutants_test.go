//go:build !race

// Thousands of comparisons, which share nothing, take ten times as long with the race detector.

package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// fewestMutants keeps a walk that misses a part of openapi.yaml from passing for want of mutants.
const fewestMutants = 2500

// excuse says why some mutants of openapi.yaml break no caller.
type excuse struct {
	level   level
	why     string
	mutants string
}

func excuses() []excuse {
	return []excuse{
		{inStep, "a component's name is the document's own", `^(add|rename) /components/\w+/\w+( to \w+ everywhere)?$`},
		{inStep, "other paths do not matter", `^add /paths/\S+/actions/\w+/?$`},
		{inStep, "null is no default", `^add default nothing `},
		{inStep, "objects are open unless they say otherwise", `^drop .*/meta/additionalProperties$`},
		{compatible, "more may be sent and is received", `^add \S+/properties/\w+$|^add properties `},
		{compatible, "another media type will do", `^add \S+/content/application/\S+$`},
		{compatible, "failures come and go", `^(add|drop|rename) \S+/responses/40\d( to 40\d)?$`},
		{compatible, "a request may hold more", `^drop \S+Request(/properties/\w+)?/(minimum|maximum|type|required)$`},
		{compatible, "a bound is looser", `^change \S+Request/\S+/(maximum to (3601|86401)|minimum to (-10|-60|9|59))$`},
		{compatible, "nothing is required", `^change \S+Request/required to \[\]$`},
		{compatible, "a fraction or null will do", `^change \S+(Request|s/\w+_\w+|0/schema)/type to ("n|\[).*$`},
		{compatible, "any value will do", `^change \S+(s/refresh_token|/0/schema) to \{\}$|schema/format to ""$`},
		{compatible, "a parameter may hold more", `^drop \S+/parameters/0/schema/(format|type)$`},
		{compatible, "it may be left out", `^(drop|change) \S+/(parameters/0|requestBody)/required( to false)?$`},
		{compatible, "tags group the documentation", `^(drop|change) \S+/post/tags`},
		{compatible, "credentials are not asked for", `^\w+ /security(/0(/bearerAuth)?)?( to .*)?$`},
		{compatible, "refresh gets what create gets", `^change \S+/\$ref to \S+/CreateRoomClientToken201Response(Data)?"$`},
		{compatible, "nothing changes on the wire", `^add (deprecated|default 60) `},
		{compatible, "null may be sent too", `^add nullable true to \S+(Request\S*|0/schema)$`},
		{compatible, "a request hides it from responses", `^add writeOnly true to \S+Request/`},
		{compatible, "a response is no request", `^add readOnly true to \S+(Data|Error|Source|Response)(/\S+)?$`},
		{compatible, "a response holds less", `^add (format \S+|exclusiveM\w+ 60|maximum 60|minItems 1|minLength 1` +
			`|minimum 100000|minProperties 10|multipleOf 7) to \S+(Data|Error|Source|Response)(/\S+)?$`},
		{compatible, "a text is one of few", `^add (const|enum) \[?"a"\]? to \S+(Data|Error|ErrorSource)/properties/`},
		{compatible, "a response holds more for certain", `^add required \["token"\] to \S+Data$`},
	}
}

func TestNoMutantThatBreaksCallersIsCalledHarmless(t *testing.T) {
	t.Parallel()
	used := map[string]int{}
	made := mutants(t)
	for i, level := range verdicts(t, made) {
		if level == breaking || level == noVerdict {
			continue
		}
		why := "none"
		for _, excuse := range excuses() {
			if excuse.level == level && regexp.MustCompile(excuse.mutants).MatchString(made[i].name) {
				why = excuse.why
			}
		}
		used[why]++
		assert.NotEqual(t, "none", why, "%s is called %s", made[i].name, level)
	}
	for _, excuse := range excuses() {
		assert.Positive(t, used[excuse.why], "%q excuses no mutant", excuse.why)
	}
	t.Logf("%d mutants", len(made))
	require.Greater(t, len(made), fewestMutants)
}

// verdicts judges the mutants, several at a time.
func verdicts(t *testing.T, made []mutant) []level {
	t.Helper()
	levels := make([]level, len(made))
	var workers sync.WaitGroup
	for first := range runtime.GOMAXPROCS(0) {
		ours, err := open(filepath.Join("..", "..", "openapi.yaml"))
		require.NoError(t, err)
		workers.Go(func() {
			for i := first; i < len(made); i += runtime.GOMAXPROCS(0) {
				levels[i] = verdictOn(ours, made[i].text)
			}
		})
	}
	workers.Wait()
	return levels
}

// mutant is openapi.yaml with a single change, as JSON.
type mutant struct{ name, text string }

// mutator makes mutants at each place of a document that is not words.
type mutator struct {
	t    *testing.T
	root object
	seen map[string]bool // by text
	made []mutant
}

func mutants(t *testing.T) []mutant {
	t.Helper()
	m := mutator{t: t, seen: map[string]bool{}}
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, filepath.Join("..", "..", "openapi.yaml"))), &m.root))
	m.keep("none")
	m.walk("", m.root, keywords)
	return m.made[1:]
}

// keep makes a mutant of the document as it stands, with pairs of texts to replace, unless there is one like it.
func (m *mutator) keep(name string, replace ...string) {
	m.t.Helper()
	text, err := json.Marshal(m.root)
	require.NoError(m.t, err)
	mutated := strings.NewReplacer(replace...).Replace(string(text))
	if !m.seen[mutated] {
		m.seen[mutated] = true
		m.made = append(m.made, mutant{name, mutated})
	}
}

func (m *mutator) walk(at string, v any, in where) {
	m.t.Helper()
	switch v := v.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			place := at + "/" + key
			if in.ignores(key) || place == "/info" || place == "/tags" {
				continue
			}
			m.mutate(at, v, key, in)
			below := in.below(key)
			if at == "/components" || place == "/paths" {
				below = names
			}
			m.walk(place, v[key], below)
		}
		if isSchema.MatchString(at) && in == keywords && v["$ref"] == nil {
			m.extend(at, v)
		}
	case []any:
		for i, inner := range v {
			place := at + "/" + strconv.Itoa(i)
			for _, other := range m.others(place, inner) {
				v[i] = other
				m.keep("change " + place + " to " + say(other))
			}
			v[i] = inner
			m.walk(place, inner, in)
		}
	}
}

// mutate drops a key, gives it other values and, if it is a name, a second name and then only that.
func (m *mutator) mutate(at string, holder object, key string, in where) {
	m.t.Helper()
	place, was := at+"/"+key, holder[key]
	delete(holder, key)
	m.keep("drop " + place)
	for _, other := range otherNames(key) {
		if _, taken := holder[other]; taken {
			continue
		}
		holder[other] = was
		m.keep("rename " + place + " to " + other)
		m.keep("rename "+place+" to "+other+" everywhere", `"#`+place+`"`, `"#`+at+"/"+other+`"`)
		holder[key] = was
		if in != keywords {
			m.keep("add " + at + "/" + other)
		}
		delete(holder, key)
		delete(holder, other)
	}
	for _, other := range m.others(place, was) {
		holder[key] = other
		m.keep("change " + place + " to " + say(other))
	}
	holder[key] = was
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
		return []string{key + "x", key + "/", "/x" + key, strings.ReplaceAll(key, "{room_id}", "{id}")}
	}
	if strings.Contains(key, "/") {
		return []string{key + "x", "application/xml", "application/problem+json"}
	}
	return []string{key + "x"}
}

// others are what may stand in place of a value.
func (m *mutator) others(place string, v any) []any {
	switch v := v.(type) {
	case string:
		return append(m.otherWords(place, v), "", v+"x")
	case int:
		return []any{v - 1, v + 1, -v, strconv.Itoa(v)}
	case bool:
		return []any{!v}
	case []any:
		return []any{append(slices.Clone(v), "x"), append(slices.Clone(v), object{}), v[min(1, len(v)):]}
	default:
		return []any{object{}, false}
	}
}

// otherWords are what else OpenAPI knows in place of a keyword's value: other types, places and components.
func (m *mutator) otherWords(place, v string) []any {
	switch place[strings.LastIndex(place, "/")+1:] {
	case "type":
		return []any{"string", "integer", "number", "boolean", "array", "object", "null", []any{v, "null"}}
	case "in":
		return []any{"query", "header", "cookie"}
	case "scheme":
		return []any{"basic", "digest"}
	case "$ref":
		kind := strings.Split(v, "/")[2]
		var refs []any
		for name := range m.root["components"].(object)[kind].(object) {
			refs = append(refs, "#/components/"+kind+"/"+name)
		}
		return refs
	}
	return nil
}

// isSchema matches the places of schemas.
var isSchema = regexp.MustCompile(`/(schema|schemas/\w+|properties/\w+|additionalProperties)$`)

// extend adds keywords to a schema that has them not.
func (m *mutator) extend(at string, schema object) {
	m.t.Helper()
	var added map[string][]any
	require.NoError(m.t, yaml.Unmarshal([]byte(vocabulary), &added))
	for _, key := range slices.Sorted(maps.Keys(added)) {
		if _, has := schema[key]; has {
			continue
		}
		for _, value := range added[key] {
			schema[key] = value
			m.keep("add " + key + " " + say(value) + " to " + at)
			delete(schema, key)
		}
	}
}

// vocabulary are the keywords of JSON Schema 2020-12 and OpenAPI, each with values that change what is valid.
const vocabulary = `{
  $anchor: [a], $dynamicAnchor: [a], $dynamicRef: ['#a'], $id: ['https://a'], $vocabulary: [{'https://a': true}],
  $ref: ['#/components/schemas/video_Error'], additionalProperties: [false], allOf: [[{required: [x]}]],
  anyOf: [[{enum: [60, 600]}], [{required: [x]}, {required: [y]}]], const: [null, '', a], contains: [false],
  contentEncoding: [base64], contentMediaType: [application/json], contentSchema: [{type: integer}],
  default: [null, 60], dependentRequired: [{token_ttl_secs: [x]}], dependentSchemas: [{token: false}],
  deprecated: [true], discriminator: [{propertyName: token}], else: [false], enum: [['', null], [a], [60, 600], [{}]],
  exclusiveMaximum: [60], exclusiveMinimum: [60], format: [date-time], if: [false], items: [false], maxContains: [0],
  maxItems: [0], maxLength: [0], maxProperties: [1], maximum: [60], minContains: [2], minItems: [1], minLength: [1],
  minProperties: [10], minimum: [100000], multipleOf: [7], not: [{required: [x]}], nullable: [true],
  oneOf: [[{enum: [60, 600]}], [{required: [x]}, {required: [y]}]], pattern: [^$], patternProperties: [{'': false}],
  prefixItems: [[false]], properties: [{token: false}], propertyNames: [{maxLength: 1}], readOnly: [true],
  required: [[x], [token]], then: [false], type: ['null'], unevaluatedItems: [false], unevaluatedProperties: [false],
  unheardOf: [true], uniqueItems: [true], writeOnly: [true],
}`
