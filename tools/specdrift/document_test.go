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
	with := func(fresh string) string { return replaced(t, good, "meta: {type: object}", "meta: "+fresh) }
	withSchemas := func(more string) string {
		return replaced(t, with("{$ref: '#/components/schemas/d0'}"), "    boxes_Error:\n", more+"    boxes_Error:\n")
	}
	for _, tc := range []struct{ name, upstream, says string }{
		{"an empty file", "", "is empty"},
		{"blank lines", "\n \n", "is empty"},
		{"a comment", "# nothing\n", `it has no "openapi"`},
		{"an HTML page", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "is HTML or XML"},
		{"JSON that is not OpenAPI", `{"message": "Not Found"}`, `it has no "openapi"`},
		{"plain words", "404: Not Found\n", `it has no "openapi"`},
		{"a list", "- openapi\n", "is not OpenAPI"},
		{"binary", "\x7fELF\x00\x01\n", "is not OpenAPI in YAML"},
		{"other bytes", "openapi: \xff\n", "is not OpenAPI in YAML"},
		{"Swagger", "swagger: '2.0'\ninfo: {}\npaths: {}\n", `it has no "openapi"`},
		{
			"a later version", replaced(t, good, "openapi: 3.0.3", "openapi: 3.2.0"),
			`is OpenAPI "3.2.0", and neither 3.0 nor 3.1`,
		},
		{"no paths", "openapi: 3.1.0\ninfo: {}\n", `it has no "paths"`},
		{"a file cut in its last line", strings.TrimSuffix(good, "\n"), "its last line has no end"},
		{"a keyword without its value", with("\n          type:"), "a value is missing"},
		{"a second document", good + "---\nopenapi: 3.1.0\n", "holds a second YAML document"},
		{"UTF-16", "\xff\xfe{\x00", "is UTF-16, not UTF-8"},
		{"UTF-16 without a mark", "\x00{\x00}", "is UTF-16, not UTF-8"},
		{"broken YAML", replaced(t, good, "x-cost: low", "x-cost: [low"), "is not OpenAPI in YAML"},
		{
			"an external reference", with("{$ref: other.yaml#/Meta}"),
			`$ref "other.yaml#/Meta": only references to the document's own components`,
		},
		{"a reference over the network", with("{$ref: 'https://example.com/x'}"), `$ref "https://example.com/x": only`},
		{
			"a reference to nothing", with("{$ref: '#/components/schemas/Gone'}"),
			`$ref "#/components/schemas/Gone" is not in the document`,
		},
		{"a reference to itself", with("{$ref: '#/components/schemas/boxes_Error/properties/meta'}"), "leads back to itself"},
		{
			"references in a circle",
			withSchemas("    d0: {$ref: '#/components/schemas/d1'}\n    d1: {$ref: '#/components/schemas/d0'}\n"),
			"leads back to itself",
		},
		{
			"a target that is no mapping", with("{$ref: '#/components/schemas/boxes_Error/required/code'}"),
			"cannot unmarshal !!seq",
		},
		{
			"a target with a key twice",
			replaced(t, good, "      required: [code, title]", "      type: object\n      required: [code, title]"),
			`mapping key "type" already defined`,
		},
		{
			"a scheme that is not defined", replaced(t, good, "- BearerAuth: []", "- Other: []"),
			`"#/components/securitySchemes/Other" is not in the document`,
		},
		{
			"security that is no list", replaced(t, good, "      security: []", "      security: none"),
			`"security" is of the wrong type`,
		},
		{
			"a list for a mapping", replaced(t, good, "          '204':\n            description: done\n", "          - 204\n"),
			"is not OpenAPI in YAML",
		},
		{
			"a mapping for parameters",
			replaced(t, good, "s:\n      - {$ref: '#/components/parameters/Dry'}", "s: {}\n      x-rest:"),
			`"parameters" is of the wrong type`,
		},
		{"deep nesting", strings.Repeat("[", 100_000) + "\n", "is not OpenAPI in YAML"},
		{
			"deep nesting under an operation", with(strings.Repeat("{items: ", 300) + "{}" + strings.Repeat("}", 300)),
			"deeper than 100",
		},
		{"too many parts", strings.Repeat("- a\n", maxMarks), "too many to read"},
		{"a bomb of aliases", bombOfAliases() + with("{enum: *d0}"), "more than 20000 values"},
		{"a bomb of references", withSchemas(bombOfReferences()), "reaches more than 20000 values"},
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

func bombOfReferences() string {
	bomb := "    d12: {type: string}\n"
	for i := range 12 {
		next := "{$ref: '#/components/schemas/d" + strconv.Itoa(i+1) + "'}"
		bomb += "    d" + strconv.Itoa(i) + ": {properties: {a: " + next + ", b: " + next + ", c: " + next + "}}\n"
	}
	return bomb
}

func TestABombThatNothingReachesDoesNoHarm(t *testing.T) {
	t.Parallel()
	require.Equal(t, outcome{stdout: "in step\n"}, against(t, bombOfAliases()+fixture(t, "upstream.yaml")))
}

func TestADocumentThatIsCutShortIsNeverInStep(t *testing.T) {
	t.Parallel()
	good := fixture(t, "upstream.yaml")
	for end := range good[:len(good)-1] {
		if good[end] == '\n' {
			cut := against(t, good[:end+1])
			require.NotEqual(t, inStep, cut.status, "cut after %q", good[max(0, end-40):end])
		}
	}
}

func TestAFileOf200MBIsRefused(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "big.yaml")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	require.NoError(t, os.Truncate(name, 200<<20))
	got := runProgram("-spec", filepath.Join("testdata", "openapi.yaml"), name)
	require.Equal(t, outcome{noVerdict, "", "specdrift: " + name + ": is longer than 8 MiB\n"}, got)
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
