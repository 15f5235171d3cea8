package contract_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	generatedFile = "api/client.gen.go"
	settingsFile  = "oapi-codegen.yaml"
)

func TestGeneratedCodeIsInStepWithTheSpec(t *testing.T) {
	t.Parallel()
	root := repositoryRoot(t)
	require.NoError(t, compareGenerated(read(t, root, generatedFile), generate(t, root)))
}

func TestOneByteBreaksStepWithTheSpec(t *testing.T) {
	t.Parallel()
	fresh := read(t, repositoryRoot(t), generatedFile)
	last := len(fresh) - 1
	for _, at := range []int{0, len(fresh) / 2, last} {
		committed := []byte(fresh)
		committed[at] ^= 1
		require.ErrorContains(t, compareGenerated(string(committed), fresh), fmt.Sprintf("byte %d:", at))
	}
	require.Error(t, compareGenerated(fresh[:last], fresh), "a byte short")
	require.Error(t, compareGenerated(fresh+"\n", fresh), "a byte more")
}

// generate runs the pinned generator as go generate does, but for the place that it writes to: its own flag for that
// yields to the configuration, so it gets a copy of the configuration.
func generate(t *testing.T, root string) string {
	t.Helper()
	// Reading them makes go test run again, in place of a cached result, when one of them has changed.
	for _, input := range []string{"openapi.yaml", "tools/go.mod", "tools/go.sum"} {
		read(t, root, input)
	}
	dir := t.TempDir()
	output, config := filepath.Join(dir, filepath.Base(generatedFile)), filepath.Join(dir, settingsFile)
	settings := replaceOnce(t, read(t, root, settingsFile), "output: "+generatedFile+"\n", "output: "+output+"\n")
	require.NoError(t, os.WriteFile(config, []byte(settings), 0o600))

	_, directive, ok := strings.Cut(read(t, root, "generate.go"), "\n//go:generate ")
	require.True(t, ok, "generate.go has no directive")
	args := strings.Fields(directive)
	args[slices.Index(args, settingsFile)] = config
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = root
	log, err := cmd.CombinedOutput()
	require.NoError(t, err, string(log))
	return read(t, dir, filepath.Base(generatedFile))
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(data)
}

func replaceOnce(t *testing.T, text, old, replacement string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "places with %q", old)
	return strings.Replace(text, old, replacement, 1)
}

// compareGenerated says where the committed file leaves what the generator makes of the spec.
func compareGenerated(committed, fresh string) error {
	if committed == fresh {
		return nil
	}
	at := 0
	for at < min(len(committed), len(fresh)) && committed[at] == fresh[at] {
		at++
	}
	line := 1 + strings.Count(committed[:at], "\n")
	return fmt.Errorf("%s differs from what openapi.yaml generates at line %d, byte %d: run go generate ./...", generatedFile, line, at)
}
