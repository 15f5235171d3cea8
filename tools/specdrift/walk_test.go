package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func spelled(t *testing.T, text string) string {
	t.Helper()
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &n))
	w := &walker{doc: &document{root: n.Content[0]}}
	v, err := w.value(schema, lookUp(n.Content[0], "s"))
	require.NoError(t, err)
	return encode(v)
}

func TestOneSpelling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ given, want string }{
		"words":                   {`s: {title: a, description: b, example: 1, examples: [1], x-a: b, type: string}`, `{"type":"string"}`},
		"properties called words": {`s: {properties: {title: {type: string}, $ref: {type: string}, x-a: {type: string}}}`, `{"properties":{"$ref":{"type":"string"},"title":{"type":"string"},"x-a":{"type":"string"}}}`},
		"numbers":                 {`s: {minimum: 1e1, maximum: 0x10, multipleOf: 0.50}`, `{"maximum":16,"minimum":10,"multipleOf":0.5}`},
		"dates are strings":       {`s: {default: 2026-01-02}`, `{"default":"2026-01-02"}`},
		"a huge exponent":         {`s: {default: 1e999999999}`, `{"default":"1e999999999"}`},
		"no number":               {`s: {default: [.inf, -.inf, .nan]}`, `{"default":[".inf","-.inf",".nan"]}`},
		"const":                   {`s: {const: a}`, `{"enum":["a"]}`},
		"a set":                   {`s: {required: [b, a, b], enum: [2, 1]}`, `{"enum":[1,2],"required":["a","b"]}`},
		"bytes":                   {`s: {type: string, contentEncoding: base64}`, `{"format":"byte","type":"string"}`},
		"no bound":                {`s: {minLength: 0, uniqueItems: false, required: [], properties: {}}`, `{}`},
		"one of a list of types":  {`s: {type: [string]}`, `{"type":"string"}`},
		"null by oneOf":           {`s: {oneOf: [{type: 'null'}, {type: integer}]}`, `{"type":["integer","null"]}`},
		"null or whatever":        {`s: {oneOf: [{type: 'null'}, {minLength: 1}]}`, `{"oneOf":[{"type":"null"},{"minLength":1}]}`},
		"an anyOf of two":         {`s: {anyOf: [{type: string}, {type: integer}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`},
		"words beside a $ref":     {`{s: {$ref: '#/t', description: a}, t: {type: string}}`, `{"type":"string"}`},
		"facts beside a $ref":     {`{s: {$ref: '#/t', minLength: 1}, t: {type: string}}`, `{"allOf":[{"type":"string"},{"minLength":1}]}`},
		"anything, by $ref":       {`{s: {$ref: '#/t'}, t: {description: a}}`, `{}`},
		"a pointer with escapes":  {`{s: {$ref: '#/t~1u/a%20b'}, t/u: {a b: {type: string}}}`, `{"type":"string"}`},
		"an anchor":               {"t: &t {type: string}\ns: *t", `{"type":"string"}`},
		"a merge key":             {"t: &t {type: string, minLength: 1}\ns: {<<: *t, minLength: 2}", `{"minLength":2,"type":"string"}`},
		"true and false":          {`s: {additionalProperties: false, items: true}`, `{"additionalProperties":{"not":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.JSONEq(t, tc.want, spelled(t, tc.given))
			require.Equal(t, tc.want, spelled(t, tc.given))
		})
	}
}

func TestAnAliasThatHoldsItselfEnds(t *testing.T) {
	t.Parallel()
	d, err := parse([]byte("openapi: 3.1.0\ninfo: {}\npaths:\n  /a:\n    get:\n      responses:\n        '200': &a {content: {a/b: {schema: {default: [*a]}}}}\nservers: [{url: 'https://a'}]\n"))
	require.NoError(t, err)
	_, err = trim(d, d)
	require.ErrorContains(t, err, "deeper than")
}
