package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatChanges has a row for each kind of fact: what changes in upstream's fixture, and what is said of it.
func TestWhatChanges(t *testing.T) {
	t.Parallel()
	const boxID = "name: box_id\n        required: true\n        schema: {"
	const dry = "- {$ref: '#/components/parameters/Dry'}"
	const scheme = "bearerFormat: opaque, scheme: bearer, type: http"
	for _, tc := range []struct{ name, old, fresh, says string }{
		{"another method", "/open:\n    post:", "/open:\n    put:", "POST /boxes/{box_id}/open: upstream says nothing"},
		{"another path", "/boxes/{box_id}/close", "/boxes/{id}/close", "POST /boxes/{box_id}/close: upstream says nothing"},
		{"name of the operation", "Id: OpenBox", "Id: UnlockBox", `operationId: upstream says "UnlockBox"`},
		{"tag", "[Boxes]\n        x-cost", "[Crates]\n        x-cost", `tags: upstream says ["Crates"]`},
		{"deprecated", "Id: CloseBox", "Id: CloseBox\n        deprecated: true", "deprecated: upstream says true"},

		{"server", "api.example.com", "other.example.com", `servers: upstream says [{"url":"https://other.e`},
		{"another server beside", "servers:\n", "servers:\n- url: https://a\n", `says [{"url":"https://a"},{`},
		{"no server", "- description: production\n  url: https://api.example.com/v1", "  []", "servers: upstream says []"},
		{"server of one operation", "Id: CloseBox", "Id: CloseBox\n        servers: [{url: 'https://a'}]", `[{"url":"http`},
		{"server of one path", "/open:\n", "/open:\n    servers: [{url: 'https://a'}]\n", `[{"url":"https://a"}]`},
		{"credentials asked for", "security: []", "security: [{BearerAuth: []}]", "close, security: upstream says [{"},
		{"no credentials asked for", "Id: OpenBox", "Id: OpenBox\n      security: []", "open, security: upstream says []"},
		{"no credentials will do too", "- BearerAuth: []", "- BearerAuth: []\n- {}", `security: upstream says [{},{"map[`},
		{"other scheme", "scheme: bearer", "scheme: basic", `[{"map[scheme:basic type:http]":[]}]`},
		{"key for a scheme", scheme, "type: apiKey, in: header, name: X-Key", "map[in:header name:X-Key type:apiKey]"},

		{"new parameter", dry, dry + "\n      - {name: page, in: query}", "query parameter page: upstream says {"},
		{"new parameter of the path", "/open:\n", "/open:\n    parameters: [{name: p, in: query}]\n", "query parameter p: "},
		{"parameter gone", dry, "", "query parameter dry: upstream says nothing"},
		{"parameter required", "      required: false", "      required: true", "dry, required: upstream says true"},
		{"variable that is no parameter", boxID, "name: id" + boxID[12:], "path parameter box_id: upstream says nothing"},
		{"default of a parameter", "{default: false, ", "{default: true, ", "query parameter dry, schema, default: up"},

		{"body may be left out", "\n        required: true\n      resp", "\n      resp", "Body, required: upstream says n"},
		{"media type", "Body:\n        content:\n          app", "Body:\n        content:\n          x", "xlication/json: "},
		{"new property", "reason: {", "label: {}\n                reason: {", "properties, label: upstream says {}"},
		{"property required", "required: [reason]", "required: [reason, ttl_secs]", `required: upstream says ["reason","ttl`},
		{"bound", "3600", "1800", "ttl_secs, maximum: upstream says 1800, openapi.yaml says 3600"},
		{"enum", "[return, delivery]", "[delivery]", `enum: upstream says ["delivery"], openapi.yaml says ["delivery",`},
		{"default gone", "default: 600, ", "", "ttl_secs, default: upstream says nothing, openapi.yaml says 600"},
		{"null for a default", "minLength: 3", "minLength: 3, default: null", "default: upstream says null, open"},
		{"alternatives", "maximum: 3600", "maximum: 3600, anyOf: [{enum: [60]}]", `anyOf: upstream says [{"enum":[60]}]`},

		{"keyword beside an allOf", "meta: {", "meta: {allOf: [{type: object}], minProperties: 1, ", "minProperties: up"},
		{"closed object", "meta: {", "meta: {additionalProperties: false, ", "additionalProperties: upstream says false"},
		{"status", "'201':", "'200':", "responses, 201: upstream says nothing"},
		{"property named like a word", "token: {", "title: {}\n                      token: {", "data, properties, title: "},
		{"property named like an extension", "token: {", "x-token: {", "properties, x-token: upstream says"},
		{"type", "'10010', type: string", "1, type: integer", `code, type: upstream says "integer", openapi.yaml says "st`},
		{"null", "title: {", "title: {nullable: true, ", `title, type: upstream says ["null","string"]`},
		{"format", "format: date-time", "format: datetime", `expires_at, format: upstream says "datetime"`},
		{"unknown keyword", "note: {", "note: {unheardOf: 1, ", "unheardOf: upstream says 1, openapi.yaml says nothing"},
		{"keyword beside a $ref", "boxes_Error'", "boxes_Error'\n            minItems: 1", "minItems: upstream says 1"},
		{"no schema", " schema:\n            $ref: ", " x-schema:\n            $ref: ", "schema: upstream says nothing"},
		{"header", "description: opened", "headers: {x-left: {}}", "201, headers: upstream says"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), tc.old, tc.fresh))
			require.Equal(t, changed, got.status, got.stdout+got.stderr)
			require.Contains(t, got.stdout, tc.says)
			require.Empty(t, got.stderr)
		})
	}
}

func TestOtherSpellingsAreInStep(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, old, fresh string }{
		{"inline and 3.0, for references and 3.1", "", ""},
		{"null in a list of types", "nullable: true, type: string", "type: ['null', string]"},
		{"open by default", "meta: {", "meta: {additionalProperties: {}, "},
		{"order of a list", "required: [code, title]", "required: [title, code]"},
		{"name required twice", "required: [code, title]", "required: [code, title, code]"},
		{"status as a number", "'201':", "201:"},
		{"another method of a path", "/open:\n", "/open:\n    get: {operationId: Look}\n"},
		{"path elsewhere", "  /elsewhere:", "  /nowhere:"},
		{"fault elsewhere", "operationId: Elsewhere", "operationId: [5]"},
		{"hint of a scheme", "bearerFormat: opaque", "bearerFormat: JWT"},
		{"explicit defaults", "{example: x, ", "{required: [], deprecated: false, "},
		{"server of the operation", "Id: CloseBox", "Id: CloseBox\n        servers: [{url: 'https://api.example.com/v1'}]"},
		{"allOf that says nothing new", "meta: {", "meta: {allOf: [{type: object}], "},
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
	got := runProgram("-spec", file(t, open), file(t, replaced(t, silent, "      security: []\n", "")))
	require.Equal(t, outcome{stdout: "in step\n"}, got, "no security")
}
