package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rewritten runs the program with -write on a copy of the project's fixture, and returns what the copy then holds.
func rewritten(t *testing.T, ours, upstream string, flags ...string) (text string, got outcome) {
	t.Helper()
	spec, up := file(t, ours), file(t, upstream)
	got = runProgram(t, append(flags, "-write", "-spec", spec, up)...)
	written, err := os.ReadFile(spec)
	require.NoError(t, err)
	if got.status != exitUnreadable {
		again := runProgram(t, "-spec", spec, up)
		require.Equal(t, outcome{stdout: "in step\n"}, again, "after writing")
		before := string(written)
		require.Equal(t, 0, runProgram(t, "-write", "-spec", spec, up).status)
		written, err = os.ReadFile(spec)
		require.NoError(t, err)
		require.Equal(t, before, string(written), "writing twice")
	}
	return string(written), got
}

// changedLines are the lines that only one of two texts has, without those that name the document.
func changedLines(before, after string) []string {
	var out []string
	for _, h := range hunks(before, after) {
		lines := strings.Split(before, "\n")
		for _, line := range lines[h.from:h.to] {
			out = append(out, "-"+strings.TrimSpace(line))
		}
		for _, line := range h.lines {
			out = append(out, "+"+strings.TrimSpace(line))
		}
	}
	provenance := []string{"sha256: ", "commit: ", "date: "}
	var facts []string
	for _, line := range out {
		if !strings.HasPrefix(line[1:], provenance[0]) && !strings.HasPrefix(line[1:], provenance[1]) && !strings.HasPrefix(line[1:], provenance[2]) {
			facts = append(facts, line)
		}
	}
	return facts
}

func TestWritingADocumentInStepChangesNoByte(t *testing.T) {
	t.Parallel()
	ours := fixture(t, "openapi.yaml")
	text, got := rewritten(t, ours, fixture(t, "upstream.yaml"))
	require.Equal(t, 0, got.status)
	require.Equal(t, ours, text)
}

func TestWritingChangesTheFactsAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, old, fresh string
		lines            []string
	}{
		{"a bound, with its comment", "maximum: 3.6e3", "maximum: 1800", []string{"-maximum: 3600 # an hour", "+maximum: 1800 # an hour"}},
		{"a default", "default: 600", "default: 60", []string{"-default: 600", "+default: 60"}},
		{"a default gone", "                  default: 600\n", "", []string{"-default: 600"}},
		{"a type in a shared schema", "          example: '10010'\n          type: string", "          type: integer", []string{"-type: string", "+type: integer"}},
		{"a property", "                reason:\n                  enum", "                label: {type: string, description: theirs}\n                reason:\n                  enum", []string{"+label:", "+type: string"}},
		{"a property gone", "                      token:\n                        type: string\n", "", []string{"-token:", "-type: string", "-x-go-type: secret.String", "-description: Admits to the box."}},
		{"a requirement", "required: [reason]", "required: [reason, ttl_secs]", []string{"+- ttl_secs"}},
		{"an enum value", "- delivery", "- delivery\n                  - gift", []string{"-enum: [delivery, return]", "+enum: [delivery, return, gift]"}},
		{"null", "nullable: true", "nullable: false", []string{"-type: [string, 'null']", "+type: string"}},
		{"an annotation", "                      token:\n                        type: string", "                      token:\n                        type: string\n                        format: jwt", []string{"+format: jwt"}},
		{"another spelling of a format", "format: date-time", "format: datetime", []string{"+x-upstream-format: datetime"}},
		{"a parameter", "      parameters:\n      - $ref", "      parameters:\n      - {name: page, in: query, schema: {type: integer}}\n      - $ref", []string{"+- name: page", "+in: query", "+schema:", "+type: integer"}},
		{"a parameter gone", "      - $ref: '#/components/parameters/Dry'\n", "", []string{"-- name: dry", "-in: query", "-schema:", "-type: boolean", "-default: false"}},
		{"a parameter of both", "      name: dry\n      required: false", "      name: dry\n      required: true", []string{"+required: true"}},
		{"the success status", "'201':", "'200':", []string{"-'201':", "+'200':"}},
		{"a media type", "      requestBody:\n        content:\n          application/json:", "      requestBody:\n        content:\n          text/json:", []string{"-application/json:", "+text/json:"}},
		{"a status", "        '204':", "        '409':\n          content: {application/json: {schema: {$ref: '#/components/schemas/boxes_Error'}}}\n          description: theirs\n        '204':", []string{"+'409':", "+description: Status 409.", "+content:", "+application/json:", "+schema:", "+$ref: '#/components/schemas/Problem'"}},
		{"a name of the operation", "operationId: OpenBox", "operationId: UnlockBox", []string{"-operationId: OpenBox", "+operationId: UnlockBox"}},
		{"a tag", "tags: [Boxes]\n      x-cost", "tags: [Crates]\n      x-cost", []string{"-- Boxes", "+- Crates"}},
		{"a server", "url: https://api.example.com/v1/", "url: https://other.example.com/v1", []string{"-- url: https://api.example.com/v1", "+- url: https://other.example.com/v1"}},
		{"servers of one operation", "operationId: CloseBox", "operationId: CloseBox\n      servers: [{url: 'https://close.example.com'}]", []string{"+servers:", "+- url: https://close.example.com", "+description: the only one", "+x-go-name: ServerURL"}},
		{"security of one operation", "      security: []", "      security: [{BearerAuth: []}]", []string{"-security: []", "+security:", "+- keyAuth: []"}},
		{"security of the document", "security:\n- BearerAuth: []", "security: []", []string{"-security:", "-- keyAuth: []", "+security: []"}},
		{"a security scheme", "scheme: Bearer", "scheme: basic", []string{"-scheme: bearer", "+scheme: basic"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ours := fixture(t, "openapi.yaml")
			text, got := rewritten(t, ours, replaced(t, fixture(t, "upstream.yaml"), tc.old, tc.fresh))
			require.Contains(t, []int{int(compatible), int(breaking)}, got.status, got.stderr)
			require.ElementsMatch(t, tc.lines, changedLines(ours, text), text)
			require.NotContains(t, text, "theirs")
		})
	}
}

func TestAComponentThatAnotherOperationNeedsStays(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "        '403':\n          $ref: '#/components/responses/Forbidden'\n      security", "        '403':\n          description: own\n          content: {application/json: {schema: {type: object, required: [code, title], properties: {code: {type: integer}, title: {type: string}, meta: {type: object}}}}}\n      security")
	text, got := rewritten(t, fixture(t, "openapi.yaml"), upstream)
	require.Equal(t, int(breaking), got.status)
	require.Contains(t, text, "$ref: '#/components/responses/Refused'\n")
	require.Contains(t, text, "$ref: '#/components/responses/Refused2'\n")
	require.Contains(t, text, "    Problem2:\n      type: object\n      description: Why a request was refused.\n")
}

func TestWritingNamesTheNewDocument(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "default: 600", "default: 60")
	d, err := parse([]byte(upstream))
	require.NoError(t, err)

	text, _ := rewritten(t, fixture(t, "openapi.yaml"), upstream)
	require.Contains(t, text, "    repository: example/boxes\n    commit: unknown\n    date: 'unknown'\n    sha256: "+d.sha256+"\n")

	text, _ = rewritten(t, fixture(t, "openapi.yaml"), upstream, "-commit", strings.Repeat("f", 40), "-date", "2026-08-09")
	require.Contains(t, text, "    commit: "+strings.Repeat("f", 40)+"\n    date: '2026-08-09'\n    sha256: "+d.sha256+"\n")
}

func TestACommitMayBeNamedForADocumentInStep(t *testing.T) {
	t.Parallel()
	ours := fixture(t, "openapi.yaml")
	text, got := rewritten(t, ours, fixture(t, "upstream.yaml"), "-commit", strings.Repeat("f", 40), "-date", "2026-08-09")
	require.Equal(t, 0, got.status)
	require.Contains(t, text, "commit: "+strings.Repeat("f", 40)+"\n")
	require.Empty(t, changedLines(ours, text))
}

func TestTheSpellingOfAFormatCanComeBack(t *testing.T) {
	t.Parallel()
	ours := replaced(t, fixture(t, "openapi.yaml"), "          format: date-time\n", "          format: date-time\n          x-upstream-format: datetime\n")
	text, got := rewritten(t, ours, fixture(t, "upstream.yaml"))
	require.Equal(t, int(compatible), got.status)
	require.Equal(t, []string{"-x-upstream-format: datetime"}, changedLines(ours, text))
}

func TestWhatCannotBeWrittenLeavesTheFileAlone(t *testing.T) {
	t.Parallel()
	ours := fixture(t, "openapi.yaml")
	upstream := replaced(t, fixture(t, "upstream.yaml"), "        meta:\n          type: object", "        meta:\n          type: object\n          properties: {tree: {$ref: '#/components/schemas/Tree'}}")
	text, got := rewritten(t, ours, upstream)
	require.Equal(t, exitUnreadable, got.status)
	require.Contains(t, got.stderr, "holds itself")
	require.Equal(t, ours, text)

	got = runProgram(t, "-write", "-spec", filepath.Join(t.TempDir(), "none.yaml"), filepath.Join("testdata", "upstream.yaml"))
	require.Equal(t, exitUnreadable, got.status)
}

func TestAnotherSpellingIsWrittenAnew(t *testing.T) {
	t.Parallel()
	ours := replaced(t, fixture(t, "openapi.yaml"), "          minLength: 3\n          enum: [delivery, return]\n", "          minLength: 3\n          const: delivery\n          description: our words\n")
	text, got := rewritten(t, ours, fixture(t, "upstream.yaml"))
	require.Equal(t, int(compatible), got.status)
	require.NotContains(t, text, "const")
	require.Contains(t, text, "description: our words")
}

func TestAServersVariablesGoWithIt(t *testing.T) {
	t.Parallel()
	ours := replaced(t, fixture(t, "openapi.yaml"), "url: https://api.example.com/v1\n", "url: https://{host}/v2\n    variables: {host: {default: api.example.com}}\n")
	text, got := rewritten(t, ours, fixture(t, "upstream.yaml"))
	require.Equal(t, int(breaking), got.status)
	require.NotContains(t, text, "variables")
	require.Contains(t, text, "  - url: https://api.example.com/v1\n    description: the only one\n")
}

func TestWhatWouldNotGetInStepIsNotWritten(t *testing.T) {
	t.Parallel()
	const shared = "openapi: 3.1.0\ninfo: {}\nservers: [{url: 'https://a'}]\npaths:\n  /a:\n    parameters:\n    - {name: q, in: query, schema: {type: string}}\n" +
		"    get: {responses: {'200': {description: d}}}\n    put: {responses: {'200': {description: d}}}\n"
	ours := shared
	upstream := replaced(t, shared, "    put: {", "    put: {parameters: [{name: q, in: query, schema: {type: integer}}], ")
	text, got := rewritten(t, ours, upstream)
	require.Equal(t, exitUnreadable, got.status, got.stdout)
	require.Contains(t, got.stderr, "query parameter q, type is beyond it")
	require.Equal(t, ours, text)
}

func TestTheFilesModeStays(t *testing.T) {
	t.Parallel()
	spec := file(t, fixture(t, "openapi.yaml"))
	require.NoError(t, os.Chmod(spec, 0o640))
	up := file(t, replaced(t, fixture(t, "upstream.yaml"), "default: 600", "default: 60"))
	require.Equal(t, int(breaking), runProgram(t, "-write", "-spec", spec, up).status)
	info, err := os.Stat(spec)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(spec))
	require.NoError(t, err)
	require.Len(t, left, 1)
}
