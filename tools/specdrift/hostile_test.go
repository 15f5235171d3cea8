package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nested is a chain of definitions, each of which holds the next ten times.
func nested(definition func(name, next string) string, last string) string {
	var b strings.Builder
	for i := range 12 {
		b.WriteString(definition("d"+strconv.Itoa(i), "d"+strconv.Itoa(i+1)))
	}
	b.WriteString(last)
	return b.String()
}

func upTo(text, mark string) string {
	before, _, _ := strings.Cut(text, mark)
	return before
}

func TestThereIsNoVerdictOn(t *testing.T) {
	t.Parallel()
	good := fixture(t, "upstream.yaml")
	answer := "        meta:\n          type: object"
	refs := nested(func(name, next string) string {
		return "    " + name + ": {properties: {a: {$ref: '#/components/schemas/" + next + "'}, b: {$ref: '#/components/schemas/" + next +
			"'}, c: {$ref: '#/components/schemas/" + next + "'}}}\n"
	}, "    d12: {type: string}\n")
	for _, tc := range []struct{ name, upstream, says string }{
		{"an empty file", "", "is empty"},
		{"blank lines", "\n \n", "is empty"},
		{"a comment", "# nothing\n", "is empty"},
		{"an HTML page", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "is HTML or XML"},
		{"JSON that is not OpenAPI", `{"message": "Not Found"}`, `it has no "openapi"`},
		{"plain words", "404: Not Found\n", `it has no "openapi"`},
		{"a list", "- openapi\n", "not a mapping"},
		{"binary", "\x7fELF\x00\x01\n", "is not UTF-8 text"},
		{"other bytes", "openapi: \xff\n", "is not UTF-8 text"},
		{"Swagger", "swagger: '2.0'\ninfo: {}\npaths: {}\n", "Swagger 2.0"},
		{"a later version", strings.Replace(good, "openapi: 3.0.3", "openapi: 3.2.0", 1), `"3.2.0"`},
		{"no info", "openapi: 3.1.0\npaths: {}\n", `no mapping "info"`},
		{"no paths", "openapi: 3.1.0\ninfo: {}\n", `no mapping "paths"`},
		{"a file cut in a line", good[:len(good)-5], "is truncated"},
		{"a file cut before the operation", upTo(good, "  /boxes/{box_id}/open"), "POST /boxes/{box_id}/open: the operation is gone"},
		{"a file cut after the operation", upTo(good, "servers:"), "names no server"},
		{"a missing method", replaced(t, good, "/open:\n    post:", "/open:\n    put:"), "POST /boxes/{box_id}/open: the operation is gone"},
		{"a missing path", replaced(t, good, "/boxes/{box_id}/close", "/boxes/{box_id}/shut"), "POST /boxes/{box_id}/close: the operation is gone"},
		{"broken YAML", replaced(t, good, "x-cost: low", "x-cost: [low"), "is not YAML"},
		{"an external reference", replaced(t, good, answer, "        meta:\n          $ref: other.yaml#/Meta"), `external $ref "other.yaml#/Meta"`},
		{"a reference over the network", replaced(t, good, answer, "        meta:\n          $ref: https://example.com/x"), `external $ref "https://example.com/x"`},
		{"a reference to nothing", replaced(t, good, answer, "        meta:\n          $ref: '#/components/schemas/Gone'"), "which the document does not hold"},
		{"a reference to itself", replaced(t, good, answer, "        meta:\n          $ref: '#/components/schemas/boxes_Error/properties/meta'"), "leads back to itself"},
		{"a scheme that is not defined", replaced(t, good, "- BearerAuth: []", "- Other: []"), `the security scheme "Other"`},
		{"a list for a mapping", replaced(t, good, "        '204':\n          description: done\n", "        - 204\n"), "not YAML"},
		{"a name twice", replaced(t, good, answer, answer+"\n          type: string"), "stands twice"},
		{"a mapping for parameters", replaced(t, good, "      parameters:\n      - $ref: '#/components/parameters/Dry'\n", "      parameters: {}\n      x-rest:\n"), "a list"},
		{"a keyword of the wrong type", replaced(t, good, "minLength: 3", "minLength: three"), "is not OpenAPI"},
		{"deep nesting", strings.Repeat("[", 100_000) + "\n", "is not YAML"},
		{"deep nesting under an operation", replaced(t, good, answer, "        meta: "+strings.Repeat("{items: ", 300)+"{}"+strings.Repeat("}", 300)), "deeper than 100"},
		{"too many parts", strings.Repeat("- a\n", maxMarks), "too many to read"},
		{"an alias of nothing", replaced(t, good, answer, "        meta: {default: *d0}"), "unknown anchor"},
		{"a bomb of references", replaced(t, replaced(t, good, answer, "        meta:\n          $ref: '#/components/schemas/d0'"), "    boxes_Error:\n", refs+"    boxes_Error:\n"), "reaches more than 20000 values"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			got := against(t, tc.upstream)
			require.Less(t, time.Since(start), 20*time.Second)
			require.Equal(t, exitUnreadable, got.status, got.stdout)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, tc.says)
			require.Equal(t, 1, strings.Count(got.stderr, "\n"), "one line: %q", got.stderr)
			require.Less(t, len(got.stderr), 500)
		})
	}
}

func TestAnAliasBombThatAnOperationReachesIsRefused(t *testing.T) {
	t.Parallel()
	bomb := "x-d12: &d12 [x]\n"
	for i := 11; i >= 0; i-- {
		next := "*d" + strconv.Itoa(i+1)
		bomb += "x-d" + strconv.Itoa(i) + ": &d" + strconv.Itoa(i) + " [" + strings.TrimSuffix(strings.Repeat(next+", ", 10), ", ") + "]\n"
	}
	upstream := bomb + replaced(t, fixture(t, "upstream.yaml"), "        meta:\n          type: object", "        meta:\n          enum: *d0")
	got := against(t, upstream)
	require.Equal(t, exitUnreadable, got.status, got.stdout)
	require.Contains(t, got.stderr, "reaches more than 20000 values")
	require.Equal(t, 0, against(t, bomb+fixture(t, "upstream.yaml")).status, "a bomb that nothing reaches does no harm")
}

func TestASchemaThatHoldsItselfIsCompared(t *testing.T) {
	t.Parallel()
	const meta = "        meta:\n          type: object"
	ours := replaced(t, fixture(t, "openapi.yaml"), "          additionalProperties: true", "          properties: {inner: {$ref: '#/components/schemas/Tree'}}\n    Tree: {type: object, properties: {children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}")
	theirs := replaced(t, fixture(t, "upstream.yaml"), meta, meta+"\n          properties: {inner: {$ref: '#/components/schemas/Tree'}}")
	got := runProgram(t, "-spec", file(t, ours), file(t, theirs))
	require.Equal(t, outcome{stdout: "in step\n"}, got)

	theirs = replaced(t, theirs, "          type: array", "          maxItems: 3\n          type: array")
	got = runProgram(t, "-spec", file(t, ours), file(t, theirs))
	require.Equal(t, int(compatible), got.status)
	require.Contains(t, got.stdout, "meta.inner.children, maxItems")
}
