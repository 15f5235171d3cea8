package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThereIsNoVerdictOn(t *testing.T) {
	t.Parallel()
	good := fixture(t, "upstream.yaml")
	with := func(old, fresh string) string { return replaced(t, good, old, fresh) }
	withMeta := func(schema string) string { return with("meta: {type: object}", "meta: "+schema) }
	const isNotOpenAPI = `is not OpenAPI 3: "openapi" or "paths" is missing`
	for _, tc := range []struct{ name, upstream, says string }{
		{"an empty file", "", isNotOpenAPI},
		{"JSON that is not OpenAPI", `{"message": "Not Found"}`, isNotOpenAPI},
		{"Swagger", "swagger: '2.0'\ninfo: {}\npaths: {}\n", isNotOpenAPI},
		{"no paths", "openapi: 3.1.0\ninfo: {}\n", isNotOpenAPI},
		{"an HTML page", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "is not OpenAPI in YAML"},
		{"a list", "- openapi\n", "is not OpenAPI in YAML"},
		{"broken YAML", with("x-cost: low", "x-cost: [low"), "is not OpenAPI in YAML"},
		{"a bomb of aliases", bombOfAliases() + good, "is not OpenAPI in YAML"},
		{"a later version", with("openapi: 3.0.3", "openapi: 4.0.0"), isNotOpenAPI},
		{"an external reference", withMeta("{$ref: other.yaml#/Meta}"), `$ref "other.yaml#/Meta" is not in the document`},
		{"a reference to nothing", withMeta("{$ref: '#/components/schemas/No'}"), `$ref "#/components/schemas/No" is not in`},
		{"a reference into a list", withMeta("{$ref: '#/security/BearerAuth'}"), `$ref "#/security/BearerAuth" is not in`},
		{"a scheme that is not defined", with("- BearerAuth: []", "- Other: []"), `securitySchemes/Other" is not in`},
		{"security that is no list", with("      security: []", "      security: none"), `"security" is of the wrong type`},
		{
			"a mapping for parameters", with("s:\n      - {$ref: '#/components/parameters/Dry'}", "s: {}\n      x-rest:"),
			`"parameters" is of the wrong type`,
		},
		{"a schema that holds itself", withMeta("{$ref: '#/components/schemas/Tree'}"), "reaches more than 20000 values"},
		{"a bomb of references", with("    boxes_Error:\n", bombOfReferences()), "reaches more than 20000 values"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := against(t, tc.upstream)
			require.Equal(t, noVerdict, got.status, got.stdout)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, tc.says)
		})
	}
}

// bombOfAliases is a chain of lists, each of which holds the next ten times.
func bombOfAliases() string {
	bomb := "x-d12: &d12 [x]\n"
	for i := 11; i >= 0; i-- {
		next := strings.Repeat("*d"+strconv.Itoa(i+1)+", ", 10)
		bomb += "x-d" + strconv.Itoa(i) + ": &d" + strconv.Itoa(i) + " [" + next + "]\n"
	}
	return bomb
}

// bombOfReferences makes the schema of errors the first of a chain, each of which holds the next three times.
func bombOfReferences() string {
	bomb := ""
	for i := range 40 {
		next := "{$ref: '#/components/schemas/d" + strconv.Itoa(i+1) + "'}"
		bomb += "    d" + strconv.Itoa(i) + ": {properties: {a: " + next + ", b: " + next + ", c: " + next + "}}\n"
	}
	bomb += "    d40: {type: string}\n"
	return bomb + "    boxes_Error: {$ref: '#/components/schemas/d0'}\n    rest:\n"
}

func TestADocumentThatIsCutShortIsNeverInStep(t *testing.T) {
	t.Parallel()
	ours, err := read(filepath.Join("testdata", "openapi.yaml"))
	require.NoError(t, err)
	good := fixture(t, "upstream.yaml")
	for end := range good[:len(good)-1] {
		if good[end] != '\n' {
			continue
		}
		if theirs, err := parse([]byte(good[:end+1])); err == nil {
			require.NotEqual(t, inStep, statusOf(ours, theirs.root), "cut after %q", good[max(0, end-40):end])
		}
	}
}

// FuzzUpstreamsDocument looks for a document that breaks the program.
func FuzzUpstreamsDocument(f *testing.F) {
	for _, name := range []string{"openapi.yaml", "upstream.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ours, err := read(filepath.Join("testdata", "openapi.yaml"))
		require.NoError(t, err)
		if theirs, err := parse(text); err == nil {
			_, _ = compare(ours, theirs)
		}
	})
}
