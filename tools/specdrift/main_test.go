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

func (o outcome) verdict() string {
	line, _, _ := strings.Cut(o.stdout, "\n")
	return line
}

func runProgram(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, &stdout, &stderr)
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
func against(t *testing.T, upstream string, flags ...string) outcome {
	t.Helper()
	return runProgram(t, append(flags, "-spec", filepath.Join("testdata", "openapi.yaml"), file(t, upstream))...)
}

func TestAnInlineDocumentOf30IsInStepWithANamedOneOf31(t *testing.T) {
	t.Parallel()
	got := against(t, fixture(t, "upstream.yaml"))
	require.Equal(t, outcome{status: 0, stdout: "in step\n"}, got)
}

func TestADocumentIsInStepWithItself(t *testing.T) {
	t.Parallel()
	got := against(t, fixture(t, "openapi.yaml"))
	require.Equal(t, outcome{status: 0, stdout: "in step\n"}, got)
}

func TestTheProjectsDocumentMustBeReadableToo(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "-spec", file(t, "openapi: 3.1.0\ninfo: {}\npaths: {}\n"), filepath.Join("testdata", "upstream.yaml"))
	require.Equal(t, exitUnreadable, got.status)
	require.Contains(t, got.stderr, "has no operations")
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
