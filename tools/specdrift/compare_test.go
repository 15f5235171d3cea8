package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// drift is one change of the upstream fixture, and what the program must make of it.
type drift struct {
	name   string
	old    string
	fresh  string
	status level
	says   []string
}

func check(t *testing.T, drifts []drift) {
	t.Helper()
	for _, d := range drifts {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), d.old, d.fresh))
			require.Equal(t, int(d.status), got.status, got.stdout+got.stderr)
			require.Equal(t, verdict(d.status), got.verdict())
			require.Empty(t, got.stderr)
			for _, words := range d.says {
				require.Contains(t, got.stdout, words)
			}
		})
	}
}

func TestNoiseIsNoChange(t *testing.T) {
	t.Parallel()
	check(t, []drift{
		{name: "version 3.0.0", old: "openapi: 3.0.3", fresh: "openapi: 3.0.0"},
		{name: "version 3.1.1", old: "openapi: 3.0.3", fresh: "openapi: 3.1.1"},
		{name: "null in an anyOf", old: "nullable: true\n                        type: string", fresh: "anyOf: [{type: string}, {type: 'null'}]"},
		{name: "null in a list of types", old: "nullable: true\n                        type: string", fresh: "type: ['null', string]"},
		{name: "exclusive bound as a number", old: "exclusiveMinimum: true\n                  minimum: 0", fresh: "exclusiveMinimum: 0.0"},
		{name: "an allOf of one", old: "                  data:\n                    properties:", fresh: "                  data:\n                    allOf: [{type: object}]\n                    properties:"},
		{name: "open by default", old: "        meta:\n          type: object", fresh: "        meta:\n          type: object\n          additionalProperties: {}"},
		{name: "style by default", old: "      name: dry\n", fresh: "      name: dry\n      style: form\n      explode: true\n"},
		{name: "order of a list", old: "required: [code, title]", fresh: "required: [title, code]"},
		{name: "words", old: "whether nothing is to happen", fresh: "otherwise put"},
		{name: "extension", old: "x-cost: low", fresh: "x-cost: high"},
		{name: "hint of a scheme", old: "bearerFormat: opaque", fresh: "bearerFormat: JWT"},
		{name: "path elsewhere", old: "  /elsewhere:", fresh: "  /nowhere:"},
		{name: "cycle elsewhere", old: "$ref: other.yaml#/Elsewhere", fresh: "$ref: '#/components/schemas/Tree'"},
		{name: "server variable", old: "url: https://api.example.com/v1/", fresh: "url: https://{host}/v1\n  variables: {host: {default: api.example.com}}"},
	})
}

func TestCompatibleChanges(t *testing.T) {
	t.Parallel()
	check(t, []drift{
		{"optional request property", "                reason:\n", "                label: {type: string}\n                reason:\n", compatible, []string{"request body, application/json, label: upstream says {\"type\":\"string\"}, openapi.yaml says nothing", "new-optional-request-property"}},
		{"optional parameter", "      parameters:\n      - $ref", "      parameters:\n      - {name: page, in: query, schema: {type: integer}}\n      - $ref", compatible, []string{"query parameter page"}},
		{"wider bound", "maximum: 3.6e3", "maximum: 7200", compatible, []string{"ttl_secs, maximum: upstream says 7200, openapi.yaml says 3600"}},
		{"body no longer required", "required: [reason]\n              type: object\n        required: true", "required: [reason]\n              type: object", compatible, []string{"request body, required"}},
		{"another enum value to send", "- delivery", "- delivery\n                  - gift", compatible, []string{"reason, enum"}},
		{"response property", "                      token:\n                        type: string", "                      token:\n                        type: string\n                      more:\n                        type: integer", compatible, []string{"response 201, application/json, data.more"}},
		{"failure status", "        '201':", "        '429':\n          description: slow down\n        '201':", compatible, []string{"response 429: upstream says {}, openapi.yaml says nothing"}},
		{"annotation of a string", "                      token:\n                        type: string", "                      token:\n                        type: string\n                        format: jwt", compatible, []string{"data.token, format: upstream says \"jwt\", openapi.yaml says nothing; an annotation"}},
		{"another spelling of a format", "format: date-time", "format: datetime", compatible, []string{"data.expires_at, format", "another spelling of the same format"}},
		{"format of a parameter given up", "schema: {example: x, format: uuid, type: string}", "schema: {type: string}", compatible, []string{"path parameter box_id, format"}},
		{"tags", "tags: [Boxes]\n      x-cost", "tags: [Crates]\n      x-cost", compatible, []string{"tags: upstream says [\"Crates\"]"}},
		{"deprecated", "operationId: CloseBox", "operationId: CloseBox\n      deprecated: true", compatible, []string{"deprecated"}},
		{"no more credentials asked for", "operationId: OpenBox", "operationId: OpenBox\n      security: []", compatible, []string{"security: upstream says no credentials, openapi.yaml says http bearer"}},
		{"other credentials do too", "- BearerAuth: []", "- BearerAuth: []\n- {}", compatible, []string{"http bearer or no credentials"}},
		{"another server", "servers:\n", "servers:\n- url: https://eu.example.com/v1\n", compatible, []string{"servers", "still upstream's"}},
		{"default of a response", "                      note:\n", "                      note:\n                        default: none\n", compatible, []string{"note, default"}},
		{"default where there was none", "                  minLength: 3", "                  minLength: 3\n                  default: return", compatible, []string{"reason, default"}},
		{"closed answer", "        meta:\n          type: object", "        meta:\n          type: object\n          additionalProperties: false", compatible, []string{"meta.*: upstream says false, openapi.yaml says nothing"}},
	})
}

func TestBreakingChangesOfARequest(t *testing.T) {
	t.Parallel()
	const felt = "breaks callers who send requests"
	check(t, []drift{
		{"required property", "required: [reason]", "required: [reason, ttl_secs]", breaking, []string{"ttl_secs, required: upstream says true, openapi.yaml says false", felt}},
		{"unknown required property", "required: [reason]", "required: [reason, who]", breaking, []string{"who, required", felt}},
		{"property gone", "                weight:\n                  exclusiveMinimum: true\n                  minimum: 0\n                  type: number\n", "", breaking, []string{"weight: upstream says nothing", felt}},
		{"property of another type", "minimum: 0\n                  type: number", "minimum: 0\n                  type: string", breaking, []string{"weight, type: upstream says \"string\", openapi.yaml says \"number\"", felt}},
		{"tighter bound", "maximum: 3.6e3", "maximum: 1800", breaking, []string{"ttl_secs, maximum: upstream says 1800, openapi.yaml says 3600", felt}},
		{"inclusive bound", "exclusiveMinimum: true\n", "exclusiveMinimum: false\n", compatible, []string{"weight, minimum: upstream says \">= 0\", openapi.yaml says \"> 0\""}},
		{"enum value gone", "                  - return\n", "", breaking, []string{"reason, enum", felt}},
		{"default", "default: 600", "default: 60", breaking, []string{"ttl_secs, default: upstream says 60, openapi.yaml says 600", "a request that leaves it out means something else"}},
		{"default gone", "                  default: 600\n", "", breaking, []string{"ttl_secs, default: upstream says nothing", felt}},
		{"default of a parameter", "{default: false, type: boolean}", "{default: true, type: boolean}", breaking, []string{"query parameter dry, default"}},
		{"format taken up", "minLength: 3\n", "minLength: 3\n                  format: uuid\n", breaking, []string{"reason, format", "may be refused"}},
		{"required parameter", "      name: dry\n      required: false", "      name: dry\n      required: true", breaking, []string{"query parameter dry, required", felt}},
		{"style of a parameter", "      name: dry\n", "      name: dry\n      style: deepObject\n", breaking, []string{"query parameter dry, style", felt}},
		{"media type", "      requestBody:\n        content:\n          application/json:", "      requestBody:\n        content:\n          text/json:", breaking, []string{"request body, application/json", felt}},
		{"server", "url: https://api.example.com/v1/", "url: https://other.example.com/v1", breaking, []string{"servers: upstream says https://other.example.com/v1, openapi.yaml says https://api.example.com/v1", felt}},
		{"credentials asked for", "      security: []", "      security: [{BearerAuth: []}]", breaking, []string{"POST /boxes/{box_id}/close (CloseBox): security: upstream says http bearer, openapi.yaml says no credentials", felt}},
		{"other scheme", "scheme: Bearer", "scheme: basic", breaking, []string{"security: upstream says http basic, openapi.yaml says http bearer", felt}},
		{"other type of scheme", "      bearerFormat: opaque\n      scheme: Bearer\n      type: http", "      {type: apiKey, in: header, name: X-Key}", breaking, []string{"security: upstream says apiKey header X-Key", felt}},
	})
}

func TestBreakingChangesOfAResponse(t *testing.T) {
	t.Parallel()
	const felt = "breaks callers who read responses"
	check(t, []drift{
		{"no schema", "      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/boxes_Error'", "      content:\n        application/json: {}", breaking, []string{"response 403, application/json, schema: upstream says nothing", felt}},
		{"number for a string", "          example: '10010'\n          type: string", "          type: integer\n          format: int32", breaking, []string{"response 403, application/json, code, type: upstream says \"integer (int32)\", openapi.yaml says \"string\"", felt}},
		{"property gone", "                      token:\n                        type: string\n", "", breaking, []string{"data.token: upstream says nothing", felt}},
		{"no longer sure", "required: [code, title]", "required: [code]", breaking, []string{"title, required: upstream says false, openapi.yaml says true", felt}},
		{"null", "        title:\n          type: string", "        title:\n          type: string\n          nullable: true", breaking, []string{"title, type", felt}},
		{"format given up", "                        format: date-time\n", "", breaking, []string{"data.expires_at, format: upstream says nothing, openapi.yaml says \"date-time\"", "that do not parse"}},
		{"another format", "format: date-time", "format: date", breaking, []string{"data.expires_at, format", felt}},
		{"success status", "'201':", "'200':", breaking, []string{"response 201", "response 200", felt}},
		{"media type", "          content:\n            application/json:\n              schema:\n                example", "          content:\n            application/xml:\n              schema:\n                example", breaking, []string{"response 201, application/json", felt}},
	})
}

func TestBreakingChangesOfTheGeneratedCode(t *testing.T) {
	t.Parallel()
	check(t, []drift{
		{"operationId", "operationId: OpenBox", "operationId: UnlockBox", breaking, []string{"operationId: upstream says \"UnlockBox\", openapi.yaml says \"OpenBox\"", "breaks callers who compile against the generated code"}},
		{"operationId gone", "      operationId: OpenBox\n", "", breaking, []string{"operationId: upstream says nothing"}},
	})
}

func TestWhatOnlySeveralFactsBringAboutIsNotLost(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "required: [reason]", "required: [reason, who]")
	upstream = replaced(t, upstream, "                reason:\n                  enum", "                who: {type: string}\n                reason:\n                  enum")
	got := against(t, upstream)
	require.Equal(t, int(breaking), got.status)
	require.Contains(t, got.stdout, "who: upstream says {\"type\":\"string\"}, openapi.yaml says nothing")
	require.Contains(t, got.stdout, "new-required-request-property")
}

func TestWhatOneFactAloneWouldExcuseIsNotLost(t *testing.T) {
	t.Parallel()
	ours := replaced(t, fixture(t, "openapi.yaml"), "        weight:\n", "        weight:\n          readOnly: true\n")
	upstream := replaced(t, fixture(t, "upstream.yaml"), "required: [reason]", "required: [reason, weight]")
	got := runProgram(t, "-spec", file(t, ours), file(t, upstream))
	require.Equal(t, int(breaking), got.status)
	require.Contains(t, got.stdout, "taken together")
}

func TestATypeAndItsFormatAreOneChange(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "minimum: 10\n                  type: integer", "minimum: 10\n                  format: float\n                  type: number")
	got := against(t, upstream)
	require.Equal(t, 2, strings.Count(got.stdout, "\n"), got.stdout)
	require.Contains(t, got.stdout, `ttl_secs, type: upstream says "number (float)", openapi.yaml says "integer"`)
}

func TestTheDefaultOfAnAnswerPromisesNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, compatible, defaults(fact{place: place{side: answer}, ours: "a", theirs: "b"}).level)
}

func TestAnOperationIsFoundByTheShapeOfItsPath(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "/boxes/{box_id}/close:\n    parameters:\n    - in: path\n      name: box_id", "/boxes/{id}/close:\n    parameters:\n    - in: path\n      name: id")
	got := against(t, upstream)
	require.Equal(t, int(compatible), got.status)
	require.Contains(t, got.stdout, `path parameter box_id, name: upstream says "id", openapi.yaml says "box_id"`)
}

func TestAHopelesslyDifferentOperationIsReportedInBoundedLength(t *testing.T) {
	t.Parallel()
	more := ""
	for _, a := range "abcdefghijklmnop" {
		for _, b := range "abcdefghijklmnop" {
			more += "                p_" + string(a) + string(b) + ": {type: string}\n"
		}
	}
	got := against(t, replaced(t, fixture(t, "upstream.yaml"), "                reason:\n                  enum", more+"                reason:\n                  enum"))
	require.Equal(t, int(breaking), got.status)
	require.Contains(t, got.stdout, "156 more differences")
}
