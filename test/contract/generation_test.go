package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module        = "github.com/roomtokens/roomtokens-go"
	root          = "../.."
	generatedFile = "api/client.gen.go"
	settingsFile  = "oapi-codegen.yaml"
)

// TestGeneratedCodeIsUpToDate runs the generator as go generate does, and compares byte for byte. A test fetches
// nothing: it is skipped where the tools have not been downloaded.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, settings := filepath.Join(dir, "client.gen.go"), filepath.Join(dir, settingsFile)
	own := strings.Replace(read(t, settingsFile), generatedFile, filepath.ToSlash(output), 1)
	require.NoError(t, os.WriteFile(settings, []byte(own), 0o600))
	_, directive, ok := strings.Cut(read(t, "generate.go"), "//go:generate ")
	require.True(t, ok, "generate.go has no directive")
	args := strings.Fields(strings.SplitN(directive, "\n", 2)[0])
	args[slices.Index(args, settingsFile)] = settings
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOPROXY=off")
	log, err := cmd.CombinedOutput()
	if strings.Contains(string(log), "GOPROXY=off") {
		t.Skip("needs the modules of tools; run: go mod download -modfile=tools/go.mod")
	}
	require.NoError(t, err, string(log))
	fresh, err := os.ReadFile(output)
	require.NoError(t, err)
	if string(fresh) != read(t, generatedFile) {
		t.Errorf("%s is out of date; run: go generate ./...", generatedFile)
	}
	readInputs(t)
}

// readInputs makes go test run again, in place of a cached result, when what only the generator reads has changed.
func readInputs(t *testing.T) {
	t.Helper()
	read(t, filepath.Join("tools", "go.mod"))
	templates, err := filepath.Glob(filepath.Join(root, "tools", "templates", "*"))
	require.NoError(t, err)
	for _, template := range templates {
		read(t, filepath.Join("tools", "templates", filepath.Base(template)))
	}
}

func TestOnlyGeneratedCodeInAPI(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "api", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(root, generatedFile)}, files)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(data)
}
