package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachKindOfChange has a row for each kind: what changes in upstream's fixture, and what is said of it.
func TestEachKindOfChange(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, old, fresh string
		status           level
		says             string
	}{
		// What callers send.
		{"new optional property", "                reason:\n", "                label: {type: string}\n                reason:\n", compatible, "new-optional-request-property"},
		{"new required property", "required: [reason]", "required: [reason, who]", breaking, "no rule knows"},
		{"property required", "required: [reason]", "required: [reason, ttl_secs]", breaking, "request-property-became-required"},
		{"another property required", "required: [reason]", "required: [who]", breaking, "no rule knows"},
		{"property gone", "                weight:\n                  exclusiveMinimum: true\n                  minimum: 0\n                  type: number\n", "", breaking, "request-property-removed"},
		{"property of another type", "minimum: 0\n                  type: number", "minimum: 0\n                  type: string", breaking, "weight, type: upstream says \"string\", openapi.yaml says \"number\"; breaks callers who send requests"},
		{"tighter bound", "maximum: 3.6e3", "maximum: 1800", breaking, "ttl_secs, maximum: upstream says 1800, openapi.yaml says 3600; breaks callers who send requests"},
		{"looser bound", "maximum: 3.6e3", "maximum: 7200", compatible, "ttl_secs, maximum: upstream says 7200, openapi.yaml says 3600; "},
		{"enum value gone", "                  - return\n", "", breaking, "enum-value-removed"},
		{"new enum value", "- delivery", "- delivery\n                  - gift", compatible, "enum-value-added"},
		{"default", "default: 600", "default: 60", breaking, "default-value-changed"},
		{"default gone", "                  default: 600\n", "", breaking, "default-value-removed"},
		{"new default", "                  minLength: 3", "                  minLength: 3\n                  default: return", compatible, "default-value-added"},
		{"default of a parameter", "{default: false, type: boolean}", "{default: true, type: boolean}", breaking, "query parameter dry, default"},
		{"format", "minLength: 3\n", "minLength: 3\n                  format: uuid\n", breaking, "request-property-type-changed"},
		{"format of a parameter gone", "schema: {example: x, format: uuid, type: string}", "schema: {type: string}", compatible, "path parameter box_id, format"},
		{"new optional parameter", "      parameters:\n      - $ref", "      parameters:\n      - {name: page, in: query, schema: {type: integer}}\n      - $ref", compatible, "query parameter page"},
		{"new required parameter", "      parameters:\n      - $ref", "      parameters:\n      - {name: page, in: query, required: true, schema: {type: integer}}\n      - $ref", breaking, "query parameter page"},
		{"parameter gone", "      - $ref: '#/components/parameters/Dry'\n", "", breaking, "request-parameter-removed"},
		{"parameter required", "      name: dry\n      required: false", "      name: dry\n      required: true", breaking, "became-required"},
		{"style of a parameter", "      name: dry\n", "      name: dry\n      style: deepObject\n", breaking, "no rule knows"},
		{"body may be left out", "required: [reason]\n              type: object\n        required: true", "required: [reason]\n              type: object", compatible, "request-body-became-optional"},
		{"media type", "      requestBody:\n        content:\n          application/json:", "      requestBody:\n        content:\n          text/json:", breaking, "request-body-media-type-removed"},
		{"server", "url: https://api.example.com/v1/", "url: https://other.example.com/v1", breaking, "servers, https://api.example.com/v1: upstream says nothing"},
		{"server of one operation", "operationId: CloseBox", "operationId: CloseBox\n      servers: [{url: 'https://close.example.com'}]", breaking, "no longer upstream's"},
		{"server of one path", "    post:\n      description: words", "    servers: [{url: 'https://open.example.com'}]\n    post:\n      description: words", breaking, "no longer upstream's"},
		{"another server beside", "servers:\n", "servers:\n- url: https://eu.example.com/v1\n", compatible, "servers, https://eu.example.com/v1"},
		{"credentials asked for", "      security: []", "      security: [{BearerAuth: []}]", breaking, "api-security-anonymous-access-removed"},
		{"no credentials asked for", "operationId: OpenBox", "operationId: OpenBox\n      security: []", compatible, "api-security-anonymous-access-added"},
		{"other credentials do too", "- BearerAuth: []", "- BearerAuth: []\n- {}", compatible, "api-security-anonymous-access-added"},
		{"other scheme", "scheme: Bearer", "scheme: basic", breaking, `[{"http basic":[]}]`},
		{"key for a scheme", "      bearerFormat: opaque\n      scheme: Bearer\n      type: http", "      {type: apiKey, in: header, name: X-Key}", breaking, "apiKey header X-Key"},
		{"other kind of scheme", "      bearerFormat: opaque\n      scheme: Bearer\n      type: http", "      {type: openIdConnect, openIdConnectUrl: 'https://a'}", breaking, "openIdConnect"},

		// What callers read.
		{"new property in a response", "                      token:\n                        type: string", "                      token:\n                        type: string\n                      more:\n                        type: integer", compatible, "response-optional-property-added"},
		{"property gone from a response", "                      token:\n                        type: string\n", "", breaking, "token: upstream says nothing, openapi.yaml says {\"type\":\"string\"}; breaks callers who read responses"},
		{"property never in a response", "                      token:\n", "                      token:\n                        writeOnly: true\n", breaking, "became-write-only"},
		{"property not certain", "required: [code, title]", "required: [code]", breaking, "response-property-became-optional"},
		{"number for a string", "          example: '10010'\n          type: string", "          type: integer\n          format: int32", breaking, "response-property-type-changed"},
		{"null", "        title:\n          type: string", "        title:\n          type: string\n          nullable: true", breaking, "response-property-became-nullable"},
		{"new enum in a response", "                      token:\n", "                      token:\n                        enum: [a]\n", compatible, "response-property-became-enum"},
		{"new format in a response", "                      token:\n", "                      token:\n                        format: jwt\n", compatible, "token, format"},
		{"format gone from a response", "                        format: date-time\n", "", breaking, "expires_at, format"},
		{"default in a response", "                      note:\n", "                      note:\n                        default: none\n", compatible, "note, default"},
		{"unknown keyword", "                      note:\n", "                      note:\n                        unheardOf: 1\n", breaking, "no rule knows"},
		{"no schema", "      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/boxes_Error'", "      content:\n        application/json: {}", breaking, "removed the schema"},
		{"new success", "        '201':", "        '202':\n          description: later\n        '201':", breaking, "response-success-status-added"},
		{"other success", "'201':", "'200':", breaking, "response-success-status-removed"},
		{"new failure", "        '201':", "        '429':\n          description: slow down\n        '201':", compatible, "response-non-success-status-added"},
		{"media type of a response", "          content:\n            application/json:\n              schema:\n                example", "          content:\n            application/xml:\n              schema:\n                example", breaking, "response-media-type-removed"},

		// What callers compile against, or read about.
		{"operationId", "operationId: OpenBox", "operationId: UnlockBox", breaking, "breaks callers who compile against the generated code"},
		{"operationId gone", "      operationId: OpenBox\n", "", breaking, "operationId: upstream says nothing"},
		{"tags", "tags: [Boxes]\n      x-cost", "tags: [Crates]\n      x-cost", compatible, "api-tag-added"},
		{"deprecated", "operationId: CloseBox", "operationId: CloseBox\n      deprecated: true", compatible, "endpoint-deprecated"},
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
		{"null in a list of types", "nullable: true\n                        type: string", "type: ['null', string]"},
		{"exclusive bound as a number", "exclusiveMinimum: true\n                  minimum: 0", "exclusiveMinimum: 0.0"},
		{"open by default", "        meta:\n          type: object", "        meta:\n          type: object\n          additionalProperties: {}"},
		{"order of a list", "required: [code, title]", "required: [title, code]"},
		{"order of keys", "        required: true\n        schema: {example: x, format: uuid, type: string}", "        schema: {type: string, format: uuid}\n        required: true"},
		{"words", "whether nothing is to happen", "otherwise put"},
		{"extension", "x-cost: low", "x-cost: high"},
		{"keywords beside a $ref in 3.0", "            $ref: '#/components/schemas/boxes_Error'", "            $ref: '#/components/schemas/boxes_Error'\n            type: string"},
		{"status as a number", "'201':", "201:"},
		{"date for a string", "          example: '10010'\n", "          example: 2026-01-02\n"},
		{"path elsewhere", "  /elsewhere:", "  /nowhere:"},
		{"fault elsewhere", "operationId: Elsewhere", "operationId: [5]"},
		{"hint of a scheme", "bearerFormat: opaque", "bearerFormat: JWT"},
		{"server without its slash", "url: https://api.example.com/v1/", "url: https://api.example.com/v1"},
		{"server of the operation", "operationId: CloseBox", "operationId: CloseBox\n      servers: [{url: 'https://api.example.com/v1'}]"},
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
}

// Each fact alone is harmless: a read-only property need not be sent.
func TestWhatOneFactAloneWouldExcuseIsNotLost(t *testing.T) {
	t.Parallel()
	ours := replaced(t, fixture(t, "openapi.yaml"), "        ttl_secs:\n", "        ttl_secs:\n          readOnly: true\n")
	upstream := replaced(t, fixture(t, "upstream.yaml"), "maximum: 3.6e3", "maximum: 1800")
	got := runProgram(t, "-spec", file(t, ours), file(t, upstream))
	require.Equal(t, int(breaking), got.status, got.stdout)
	require.Equal(t, 1, strings.Count(got.stdout, "breaking: "), got.stdout)
	require.Contains(t, got.stdout, "all changes together")
}

func TestASchemaThatHoldsItselfIsCompared(t *testing.T) {
	t.Parallel()
	const tree = "          properties: {inner: {$ref: '#/components/schemas/Tree'}}\n"
	ours := replaced(t, fixture(t, "openapi.yaml"), "          additionalProperties: true\n",
		tree+"    Tree: {type: object, properties: {children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}\n")
	theirs := replaced(t, fixture(t, "upstream.yaml"), "        meta:\n          type: object\n", "        meta:\n          type: object\n"+tree)
	require.Equal(t, outcome{stdout: "in step\n"}, runProgram(t, "-spec", file(t, ours), file(t, theirs)))

	theirs = replaced(t, theirs, "          type: array", "          type: array\n          maxItems: 3")
	got := runProgram(t, "-spec", file(t, ours), file(t, theirs))
	require.Equal(t, int(compatible), got.status, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "meta, inner, children, maxItems")
}

func TestKeywordsBesideAReferenceHoldIn31(t *testing.T) {
	t.Parallel()
	document := func(items string) string {
		return replaced(t, fixture(t, "openapi.yaml"), "          additionalProperties: true\n", "          properties: {inner: {$ref: '#/components/schemas/Tree'}}\n"+
			"    Tree: {type: object, properties: {children: {type: array, items: "+items+"}}}\n")
	}
	ours := file(t, document("{$ref: '#/components/schemas/Tree', minProperties: 1}"))
	same := file(t, document("{allOf: [{$ref: '#/components/schemas/Tree'}], minProperties: 1}"))
	require.Equal(t, outcome{stdout: "in step\n"}, runProgram(t, "-spec", ours, same))

	other := file(t, document("{$ref: '#/components/schemas/Tree'}"))
	require.Equal(t, int(breaking), runProgram(t, "-spec", ours, other).status)
}
