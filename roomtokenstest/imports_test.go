package roomtokenstest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program may serve the fake: what is for tests only stays out of it.
func TestImportsNothingForTestsOnly(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "github.com/getkin/kin-openapi/openapi3")
	require.NotContains(t, deps, "github.com/getkin/kin-openapi/openapi3filter")
	for _, dep := range deps {
		require.NotEqual(t, "testing", dep)
		require.NotEqual(t, "net/http/httptest", dep)
		require.NotContains(t, dep, "testify")
	}
}
