package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outcome is what one run of the program shows to its caller.
type outcome struct {
	status         int
	stdout, stderr string
}

func runProgram(args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := run(args, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "document.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// replaced is text with old, which must stand in it once, replaced.
func replaced(t *testing.T, text, old, fresh string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q must stand once in the fixture", old)
	return strings.Replace(text, old, fresh, 1)
}

// against compares the project's fixture with an upstream text.
func against(t *testing.T, upstream string) outcome {
	t.Helper()
	return runProgram("-spec", filepath.Join("testdata", "openapi.yaml"), file(t, upstream))
}

func TestEachFactThatDiffersHasALine(t *testing.T) {
	t.Parallel()
	upstream := replaced(t, fixture(t, "upstream.yaml"), "maximum: 3600", "maxLength: 9")
	upstream = replaced(t, upstream, "CloseBox", "ShutBox")
	const at = "POST /boxes/{box_id}/open, requestBody, content, application/json, schema, properties, ttl_secs, "
	require.Equal(t, outcome{status: 1, stdout: "changed\n" +
		`POST /boxes/{box_id}/close, operationId: upstream says "ShutBox", openapi.yaml says "CloseBox"` + "\n" +
		at + "maxLength: upstream says 9, openapi.yaml says nothing\n" +
		at + "maximum: upstream says nothing, openapi.yaml says 3600\n"}, against(t, upstream))
}

func TestNothingFromUpstreamCanForgeALine(t *testing.T) {
	t.Parallel()
	got := against(t, replaced(t, fixture(t, "upstream.yaml"), "weight: {", `"a\n::error::\r,\e[2J\u202eb": {`))
	require.Equal(t, changed, got.status)
	require.Equal(t, 3, strings.Count(got.stdout, "\n"), "the verdict, what is gone and what is new")
	require.NotContains(t, got.stdout, "\r")
	require.NotContains(t, got.stdout, "\u001b")
	require.NotContains(t, got.stdout, "\u202e")
}

func TestALongValueIsCutShort(t *testing.T) {
	t.Parallel()
	got := against(t, replaced(t, fixture(t, "upstream.yaml"), "Id: OpenBox", "Id: "+strings.Repeat("x", 9_999)))
	require.Equal(t, changed, got.status)
	require.Less(t, len(got.stdout), 400)
}

func TestAWrongCommandLineIsNoVerdict(t *testing.T) {
	t.Parallel()
	const usage = "usage: specdrift [-spec openapi.yaml] UPSTREAM\n"
	for _, tc := range []struct {
		name string
		args []string
		says string
	}{
		{"no document", nil, usage},
		{"two documents", []string{"a.yaml", "b.yaml"}, usage},
		{"unknown flag", []string{"-loud", "a.yaml"}, "flag provided but not defined: -loud\n" + usage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, outcome{noVerdict, "", tc.says}, runProgram(tc.args...))
		})
	}
	require.Equal(t, outcome{inStep, "", usage}, runProgram("-h"))
}

func TestAFaultOfTheProjectsDocumentIsNamed(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"openapi: 3.1.0\npaths: {/a: {}}\n":               "has no operations\n",
		"openapi: 3.1.0\npaths: {/a: {$ref: '#/none'}}\n": "$ref \"#/none\" is not in the document\n",
	} {
		got := runProgram("-spec", file(t, text), filepath.Join("testdata", "upstream.yaml"))
		require.Equal(t, outcome{noVerdict, "", "specdrift: openapi.yaml: " + says}, got)
	}
}

func TestAMissingFileIsNoVerdict(t *testing.T) {
	t.Parallel()
	spec, none := filepath.Join("testdata", "openapi.yaml"), filepath.Join(t.TempDir(), "none.yaml")
	for _, got := range []outcome{runProgram("-spec", spec, none), runProgram("-spec", none, spec)} {
		require.Equal(t, noVerdict, got.status)
		require.Contains(t, got.stderr, "specdrift: open "+none+": ")
	}
}

func TestAVerdictThatCannotBeWrittenIsNone(t *testing.T) {
	t.Parallel()
	same := filepath.Join("testdata", "openapi.yaml")
	require.Equal(t, noVerdict, run([]string{"-spec", same, same}, full{}, &bytes.Buffer{}))
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
