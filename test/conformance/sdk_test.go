//go:build conformance

package conformance_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSDK runs the tests in sdk, with Telnyx's official Node SDK, against one process of roomtokens mock.
func TestSDK(t *testing.T) {
	t.Parallel()
	require.DirExists(t, "node_modules/telnyx", "run npm ci --ignore-scripts in test/conformance")
	node, err := exec.LookPath("node")
	require.NoError(t, err, "the conformance tests need Node.js, which is not installed")
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	defer cancel()
	mock, env := startMock(ctx, t)
	tests := exec.CommandContext(ctx, node, "--import", ownBound, "sdk/sdk.test.mjs")
	tests.Env = append(os.Environ(), env...)
	out, err := tests.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, `# pass [1-9]`, string(out))
	require.NoError(t, mock.Process.Signal(os.Interrupt))
	require.NoError(t, mock.Wait(), "the mock exits with 0")
}

// startMock serves the fake on a free loopback port, and returns the variables that lead a client to it.
func startMock(ctx context.Context, t *testing.T) (mock *exec.Cmd, env []string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "roomtokens.exe") // a name that every system takes
	out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "../../cmd/roomtokens").CombinedOutput()
	require.NoError(t, err, "%s", out)
	mock = exec.CommandContext(ctx, program, "mock", "--addr", "127.0.0.1:0", "--output", "env")
	mock.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")} // and no key of the caller's
	mock.Stderr = os.Stderr
	stdout, err := mock.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, mock.Start())
	for lines := bufio.NewScanner(stdout); len(env) < 2 && lines.Scan(); {
		env = append(env, lines.Text())
	}
	require.Len(t, env, 2)
	return mock, env
}
