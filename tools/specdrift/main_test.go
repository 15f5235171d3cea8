package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// outcome is what one run of the program shows to its caller.
type outcome struct {
	status         int
	stdout, stderr string
}

func runProgram(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	return readFile(t, filepath.Join("testdata", name))
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
func against(t *testing.T, upstream string, flags ...string) outcome {
	t.Helper()
	return runProgram(t, append(flags, "-spec", filepath.Join("testdata", "openapi.yaml"), file(t, upstream))...)
}

func TestGitHubAnnotations(t *testing.T) {
	t.Parallel()
	const all = " file=openapi.yaml,title=spec drift::"
	const open = " file=openapi.yaml,title=POST /boxes/{box_id}/open::requestBody"
	for name, tc := range map[string]struct{ old, fresh, first, second string }{
		"in step":    {"x-cost: low", "x-cost: high", "::notice" + all + "in step", ""},
		"compatible": {"3.6e3", "7200", "::warning" + all + "changed, compatible", "::warning" + open},
		"breaking":   {"3.6e3", "1800", "::error" + all + "changed, breaking", "::error" + open},
		"no verdict": {"openapi: 3.0.3", "openapi: 4.0.0", "::error" + all, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), tc.old, tc.fresh), "--format", "github")
			first, second, _ := strings.Cut(got.stdout, "\n")
			require.True(t, strings.HasPrefix(first, tc.first), got.stdout)
			require.True(t, strings.HasPrefix(second, tc.second), got.stdout)
			require.Empty(t, got.stderr)
		})
	}
}

func TestNothingFromUpstreamCanForgeALine(t *testing.T) {
	t.Parallel()
	evil := "a\n::error::forged%0A\r,\u001b[2J\u202eb"
	at := []string{"responses", evil}
	c := change{endpoint: endpoint{"get", evil}, path: at, ours: evil, level: breaking, reason: evil}
	for _, format := range []string{"text", "github"} {
		var out bytes.Buffer
		require.NoError(t, report(&out, format, []change{c}))
		require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
		require.NotContains(t, out.String(), "\r")
		require.NotContains(t, out.String(), "\u001b")
		require.NotContains(t, out.String(), "\u202e")
		if format == "github" {
			require.NotContains(t, out.String(), "%0A")
		}
	}
	require.Less(t, len(printable(strings.Repeat("x", 10_000))), 1_100)
	require.Less(t, len(say(strings.Repeat("x", 10_000))), 200)
}

func TestAWrongCommandLineIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no document":    {},
		"two documents":  {"a.yaml", "b.yaml"},
		"unknown flag":   {"-loud", "a.yaml"},
		"unknown format": {"-format", "xml", "a.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, args...)
			require.Equal(t, noVerdict, got.status)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, usage)
		})
	}
	require.Equal(t, outcome{stdout: usage + "\n"}, runProgram(t, "-h"))
}

func TestTheProjectsDocumentMustBeReadableToo(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "-spec", file(t, "openapi: 3.1.0\npaths: {/a: {}}\n"), filepath.Join("testdata", "upstream.yaml"))
	require.Equal(t, outcome{noVerdict, "", "specdrift: openapi.yaml: has no operations\n"}, got)
}

func TestWorkIsBoundedInTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	_, err := bounded(ctx, func() ([]change, error) { <-never; return nil, nil })
	require.ErrorContains(t, err, "no verdict in time")
}

func TestAPanicIsNoVerdict(t *testing.T) {
	t.Parallel()
	_, err := bounded(t.Context(), func() ([]change, error) { panic("lost") })
	require.ErrorContains(t, err, "lost")
}
