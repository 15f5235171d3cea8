package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// required is the path parameter of OpenBox in upstream's fixture.
const required = "name: box_id\n        required: true\n        schema: {"

// TestEachKindOfChange has a row for each kind: what changes in upstream's fixture, and what is said of it.
func TestEachKindOfChange(t *testing.T) {
	t.Parallel()
	const dry = "- {$ref: '#/components/parameters/Dry'}"
	const scheme = "bearerFormat: opaque, scheme: Bearer, type: http"
	for _, tc := range []struct {
		name, old, fresh string
		status           level
		says             string
	}{
		// What callers send.
		{
			"new optional property", "reason: {", "label: {}\n                reason: {", compatible,
			"new-optional-request-property",
		},
		{"new required property", "required: [reason]", "required: [reason, who]", breaking, "no rule knows"},
		{
			"property required", "required: [reason]", "required: [reason, ttl_secs]", breaking,
			"request-property-became-required",
		},
		{"another property required", "required: [reason]", "required: [who]", breaking, "no rule knows"},
		{"property gone", "weight: {", "x-weight: {", breaking, "request-property-removed"},
		{
			"property of another type", "type: number", "type: string", breaking,
			"weight, type: upstream says \"string\", openapi.yaml",
		},
		{"tighter bound", "3.6e3", "1800", breaking, "openapi.yaml says 3600; breaks callers who send requests"},
		{"looser bound", "3.6e3", "7200", compatible, "ttl_secs, maximum: upstream says 7200, openapi.yaml says 3600; "},
		{"enum value gone", "[return, delivery]", "[delivery]", breaking, "enum-value-removed"},
		{"new enum value", "[return, delivery]", "[return, delivery, gift]", compatible, "enum-value-added"},
		{"default", "default: 600", "default: 60", breaking, "default-value-changed"},
		{"default gone", "default: 600, ", "", breaking, "default-value-removed"},
		{"new default", "minLength: 3", "minLength: 3, default: return", compatible, "default-value-added"},
		{"default of a parameter", "{default: false, ", "{default: true, ", breaking, "query parameter dry, default"},
		{"format", "minLength: 3", "minLength: 3, format: uuid", breaking, "request-property-type-changed"},
		{"format of a parameter gone", "x, format: uuid", "x", compatible, "path parameter box_id, format"},
		{"new optional parameter", dry, dry + "\n      - {name: page, in: query}", compatible, "query parameter page"},
		{
			"new required parameter", dry, dry + "\n      - {name: page, in: query, required: true}", breaking,
			"query parameter page",
		},
		{"parameter gone", dry, "", breaking, "request-parameter-removed"},
		{"parameter required", "      required: false", "      required: true", breaking, "became-required"},
		{"variable that is no parameter", required, "name: id" + required[12:], breaking, "says nothing, openapi.yaml"},
		{"no certain need", "{default: 600, ", "{readOnly: true, default: 600, ", breaking, "became-read-only"},
		{"style of a parameter", "name: dry\n", "name: dry\n      style: deepObject\n", breaking, "no rule knows"},
		{
			"body may be left out", "\n        required: true\n      resp", "\n      resp", compatible,
			"request-body-became-optional",
		},
		{
			"media type", "Body:\n        content:\n          app", "Body:\n        content:\n          x", breaking,
			"request-body-media-type-removed",
		},
		{
			"server", "api.example.com", "other.example.com", breaking,
			"servers, https://api.example.com/v1: upstream says nothing",
		},
		{
			"server of one operation", "Id: CloseBox", "Id: CloseBox\n        servers: [{url: 'https://a'}]", breaking,
			"no longer upstream's",
		},
		{"server of one path", "/open:\n", "/open:\n    servers: [{url: 'https://a'}]\n", breaking, "no longer upstream's"},
		{
			"another server beside", "servers:\n", "servers:\n- url: https://a\n", compatible,
			"servers, https://a: upstream says true",
		},
		{
			"credentials asked for", "security: []", "security: [{BearerAuth: []}]", breaking,
			"api-security-anonymous-access-removed",
		},
		{
			"no credentials asked for", "Id: OpenBox", "Id: OpenBox\n      security: []", compatible,
			"api-security-anonymous-access-added",
		},
		{
			"other credentials do too", "- BearerAuth: []", "- BearerAuth: []\n- {}", compatible,
			"api-security-anonymous-access-added",
		},
		{"other scheme", "scheme: Bearer", "scheme: basic", breaking, `[{"[scheme:basic type:http]":[]}]`},
		{"key for a scheme", scheme, "type: apiKey, in: header, name: X-Key", breaking, "[in:header name:X-Key type:apiKey]"},
		{"other kind of scheme", scheme, "type: openIdConnect, openIdConnectUrl: 'https://a'", breaking, "openIdConnect"},

		// What callers read.
		{
			"new property in a response", "token: {", "more: {}\n                      token: {", compatible,
			"response-optional-property-added",
		},
		{
			"property gone from a response", "token: {", "x-token: {", breaking,
			`{"type":"string"}; breaks callers who read responses`,
		},
		{"property never in a response", "token: {", "token: {writeOnly: true, ", breaking, "became-write-only"},
		{
			"property not certain", "required: [code, title]", "required: [code]", breaking,
			"response-property-became-optional",
		},
		{"number for a string", "'10010', type: string", "1, type: integer", breaking, "response-property-type-changed"},
		{"null", "title: {", "title: {nullable: true, ", breaking, "response-property-became-nullable"},
		{"new enum in a response", "token: {", "token: {enum: [a], ", compatible, "response-property-became-enum"},
		{"only null in a response", "token: {", "token: {enum: [null], ", breaking, "became-enum"},
		{"constant null in a response", "token: {", "token: {const: null, ", breaking, "became-enum"},
		{"nothing but null", "note: {nullable: true, type: string}", "note: {type: 'null'}", breaking, "type-specialized"},
		{"empty constant in a response", "token: {", "token: {const: '', ", breaking, "became-enum"},
		{"constant that is no date", "{format: date-time, ", "{format: date-time, const: a, ", breaking, "became-enum"},
		{"text for an object", "data:\n", "data:\n                    enum: [a]\n", breaking, "became-enum"},
		{"no length in a response", "token: {", "token: {maxLength: 0, ", breaking, "max-length-set"},
		{"length in a response", "token: {", "token: {maxLength: 4096, ", compatible, "max-length-set"},
		{"pattern in a response", "token: {", "token: {pattern: '^$', ", breaking, "pattern-added"},
		{"fewer properties", "data:\n", "data:\n                    maxProperties: 1\n", breaking, "max-properties-set"},
		{
			"pattern of names", "data:\n", "data:\n                    patternProperties: {'^token$': {type: integer}}\n",
			breaking, "pattern-property-added",
		},
		{"alternatives in a response", "token: {", "token: {anyOf: [{const: a}], ", breaking, "any-of-added"},
		{"new format in a response", "token: {", "token: {format: jwt, ", compatible, "token, format"},
		{"format gone from a response", "format: date-time, ", "", breaking, "expires_at, format"},
		{"default in a response", "note: {", "note: {default: none, ", compatible, "note, default"},
		{"unknown keyword", "note: {", "note: {unheardOf: 1, ", breaking, "no rule knows"},
		{
			"no schema", "          schema:\n            $ref: ", "          x-schema:\n            $ref: ", breaking,
			"removed the schema",
		},
		{"new success", "'201':", "'202': {description: d}\n        '201':", breaking, "response-success-status-added"},
		{"other success", "'201':", "'200':", breaking, "response-success-status-removed"},
		{"new failure", "'201':", "'429': {description: d}\n        '201':", compatible, "response-non-success-status-added"},
		{
			"media type of a response", "'201':\n          content:\n            app",
			"'201':\n          content:\n            x", breaking, "response-media-type-removed",
		},

		// What callers compile against, or read about.
		{"operationId", "Id: OpenBox", "Id: UnlockBox", breaking, "breaks callers who compile against the generated code"},
		{"operationId gone", "      operationId: OpenBox\n", "", breaking, "operationId: upstream says nothing"},
		{"tags", "[Boxes]\n        x-cost", "[Crates]\n        x-cost", compatible, "api-tag-added"},
		{"deprecated", "Id: CloseBox", "Id: CloseBox\n        deprecated: true", compatible, "endpoint-deprecated"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), tc.old, tc.fresh))
			require.Equal(t, int(tc.status), got.status, got.stdout+got.stderr)
			require.Contains(t, got.stdout, tc.says)
			require.Empty(t, got.stderr)
		})
	}
}

func TestDocumentsThatSayTheSameAreInStep(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, old, fresh string }{
		{"inline and 3.0, for references and 3.1", "", ""},
		{"version 3.0.0", "openapi: 3.0.3", "openapi: 3.0.0"},
		{"version 3.1.1", "openapi: 3.0.3", "openapi: 3.1.1"},
		{"null in a list of types", "nullable: true, type: string", "type: ['null', string]"},
		{"exclusive bound as a number", "exclusiveMinimum: true, minimum: 0", "exclusiveMinimum: 0.0"},
		{"open by default", "meta: {", "meta: {additionalProperties: {}, "},
		{"order of a list", "required: [code, title]", "required: [title, code]"},
		{"order of keys", "{example: x, format: uuid, type: string}", "{type: string, format: uuid}"},
		{"words", "whether nothing is to happen", "otherwise put"},
		{"extension", "x-cost: low", "x-cost: high"},
		{"keywords beside a $ref in 3.0", "boxes_Error'", "boxes_Error'\n            type: string"},
		{"status as a number", "'201':", "201:"},
		{"date for a string", "example: '10010'", "example: 2026-01-02"},
		{"path elsewhere", "  /elsewhere:", "  /nowhere:"},
		{"fault elsewhere", "operationId: Elsewhere", "operationId: [5]"},
		{"hint of a scheme", "bearerFormat: opaque", "bearerFormat: JWT"},
		{"explicit defaults", "{example: x, ", "{minLength: 0, nullable: false, deprecated: false, "},
		{"form of a path parameter", required, "style: simple\n        explode: false\n        " + required},
		{"form of a query parameter", "name: dry\n", "name: dry\n      style: form\n      explode: true\n"},
		{"allOf with one branch", "meta: {type: object}", "meta: {allOf: [{type: object}]}"},
		{"allOf that says nothing new", "meta: {", "meta: {allOf: [{type: object}], "},
		{
			"allOf with one reference", "$ref: '#/components/schemas/boxes_Error'",
			"allOf: [{$ref: '#/components/schemas/boxes_Error'}]",
		},
		{"name required twice", "required: [code, title]", "required: [code, title, code]"},
		{"hints of a schema", "meta: {", "meta: {xml: {name: m}, $schema: 'https://a', "},
		{"extension among responses", "'201':", "x-a: {b: 1}\n        '201':"},
		{"extension among media types", "'201':\n          content:", "'201':\n          content:\n            x-a: {}"},
		{
			"headers that are no parameters", "s:\n      - {$ref", "s:\n      - {in: header, name: Accept, required: true}\n" +
				"      - {in: header, name: content-type}\n      - {in: header, name: Authorization}\n      - {$ref",
		},
		{"variable of a server", "com/v1/", "com/{version}\n  variables: {version: {default: v1}}"},
		{"spelling of a server", "https://api.example.com/v1/", "HTTPS://API.example.COM:443/v1"},
		{"server without its slash", "url: https://api.example.com/v1/", "url: https://api.example.com/v1"},
		{"server of the operation", "Id: CloseBox", "Id: CloseBox\n        servers: [{url: 'https://api.example.com/v1'}]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			upstream := fixture(t, "upstream.yaml")
			if tc.old != "" {
				upstream = replaced(t, upstream, tc.old, tc.fresh)
			}
			require.Equal(t, outcome{stdout: "in step\n"}, against(t, upstream))
		})
	}
	require.Equal(t, outcome{stdout: "in step\n"}, against(t, fixture(t, "openapi.yaml")), "the document itself")
	renamed := strings.ReplaceAll(fixture(t, "upstream.yaml"), "BearerAuth", "x-title")
	require.Equal(t, outcome{stdout: "in step\n"}, against(t, renamed), "another name for a scheme")
	open := replaced(t, fixture(t, "openapi.yaml"), "security:\n  - keyAuth: []", "security: []")
	silent := replaced(t, fixture(t, "openapi.yaml"), "security:\n  - keyAuth: []", "")
	got := runProgram(t, "-spec", file(t, open), file(t, replaced(t, silent, "      security: []\n", "")))
	require.Equal(t, outcome{stdout: "in step\n"}, got, "no security")
}

// None of the alternatives of a request says more than that what was valid may not be.
func TestAlternativesBesideARequestBreak(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ old, branches string }{
		{"              required: [reason]", "[{required: [ttl_secs]}, {required: [weight]}]"},
		{"              required: [reason]", "[{required: [who], properties: {who: {type: string}}}, {minProperties: 9}]"},
		{"              required: [reason]", "[{properties: {ttl_secs: {maximum: 60}}}]"},
		{"maximum: 3.6e3", "[{maximum: 1800}]"},
		{"maximum: 3.6e3", "[{enum: [60, 600]}]"},
		{"maximum: 3.6e3", "[{type: integer}, {type: string}]"},
		{"minLength: 3", "[{pattern: '^re'}, {pattern: '^de'}]"},
	} {
		for _, key := range []string{"anyOf", "oneOf"} {
			indent, isBlock := strings.CutSuffix(tc.old, "required: [reason]")
			fresh := tc.old + ", " + key + ": " + tc.branches
			if isBlock {
				fresh = indent + key + ": " + tc.branches + "\n" + tc.old
			}
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), tc.old, fresh))
			require.Equal(t, int(breaking), got.status, "%s: %s%s", fresh, got.stdout, got.stderr)
			require.Contains(t, got.stdout, strings.ToLower(key[:3])+"-of-added")
		}
	}
}

func TestAnotherNameInAPathIsNoted(t *testing.T) {
	t.Parallel()
	got := against(t, strings.ReplaceAll(fixture(t, "upstream.yaml"), "box_id", "id"))
	require.Equal(t, int(compatible), got.status, got.stderr)
	require.Equal(t, 3, strings.Count(got.stdout, "\n"), got.stdout)
	require.Contains(t, got.stdout, `says "/boxes/{id}/open", openapi.yaml says "/boxes/{box_id}/open"; another name`)
}

func TestJSONIsReadAsJSON(t *testing.T) {
	t.Parallel()
	var document any
	require.NoError(t, yaml.Unmarshal([]byte(fixture(t, "upstream.yaml")), &document))
	text, err := json.Marshal(document)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"without a last newline": string(text),
		"with a byte order mark": "\ufeff" + string(text),
		"with escaped slashes":   strings.ReplaceAll(string(text), "/", `\/`),
		"with surrogates":        replaced(t, string(text), "words of theirs", `\ud83d\ude00`),
		"with a delete":          replaced(t, string(text), "words of theirs", "\u007f\u2028"),
	} {
		require.Equal(t, outcome{stdout: "in step\n"}, against(t, text), name)
	}
	require.Equal(t, noVerdict, against(t, string(text[:len(text)-1])).status, "cut")
}

func TestASchemaThatHoldsItselfIsCompared(t *testing.T) {
	t.Parallel()
	const inner = "properties: {inner: {$ref: '#/components/schemas/Tree'}}"
	const tree = "\n    Tree: {type: object, properties: {children: {type: array, " +
		"items: {$ref: '#/components/schemas/Tree'}}}}"
	ours := replaced(t, fixture(t, "openapi.yaml"), "additionalProperties: true", inner+tree)
	theirs := replaced(t, fixture(t, "upstream.yaml"), "meta: {", "meta: {"+inner+", ")
	require.Equal(t, outcome{stdout: "in step\n"}, runProgram(t, "-spec", file(t, ours), file(t, theirs)))

	theirs = replaced(t, theirs, "          type: array", "          type: array\n          maxItems: 3")
	got := runProgram(t, "-spec", file(t, ours), file(t, theirs))
	require.Equal(t, int(compatible), got.status, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "meta, inner, children, maxItems")
}

func TestKeywordsBesideAReferenceHoldIn31(t *testing.T) {
	t.Parallel()
	document := func(items string) string {
		return replaced(t, fixture(t, "openapi.yaml"), "additionalProperties: true",
			"properties: {inner: {$ref: '#/components/schemas/Tree'}}\n"+
				"    Tree: {type: object, properties: {children: {type: array, items: "+items+"}}}")
	}
	ours := file(t, document("{$ref: '#/components/schemas/Tree', minProperties: 1}"))
	same := file(t, document("{allOf: [{$ref: '#/components/schemas/Tree'}], minProperties: 1}"))
	require.Equal(t, outcome{stdout: "in step\n"}, runProgram(t, "-spec", ours, same))

	other := file(t, document("{$ref: '#/components/schemas/Tree'}"))
	require.Equal(t, int(breaking), runProgram(t, "-spec", ours, other).status)
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
