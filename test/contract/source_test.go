package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module           = "github.com/roomtokens/roomtokens-go"
	root             = "../.."
	generatedFile    = "api/client.gen.go"
	upstreamWorkflow = ".github/workflows/upstream.yml"
)

// source is what reflection cannot see of the code.
type source struct {
	types     map[string]bool   // the names of the generated types, in the form of typeName
	constants map[string]string // the values of the generated untyped constants, as they are written
	workflow  string            // the one that compares openapi.yaml with upstream's document
}

// typeName is what the name of a schema and the name of its Go type have in common.
func typeName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

func readSource(t *testing.T) *source {
	t.Helper()
	code := &source{map[string]bool{}, map[string]string{}, read(t, upstreamWorkflow)}
	text := read(t, generatedFile)
	for _, match := range regexp.MustCompile(`(?m)^type (\w+)`).FindAllStringSubmatch(text, -1) {
		code.types[typeName(match[1])] = true
	}
	constant := regexp.MustCompile(`(?m)^(?:const |\t)(\w+) += ("[^"]*"|-?[\d.e+]+|true|false)$`)
	for _, match := range constant.FindAllStringSubmatch(text, -1) {
		code.constants[match[1]] = match[2]
	}
	return code
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(data)
}

func TestOnlyGeneratedCodeInAPI(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "api", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(root, generatedFile)}, files)
}
