//go:build conformance

package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// build makes the command line, for a test and its subtests.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "roomtokens.exe") // a name that every system takes
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/roomtokens").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// mock is a running roomtokens mock.
type mock struct {
	env    []string // leads a client to it
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// startMock serves the fake on a free loopback port, with a fault script.
func startMock(t *testing.T, program, faults string) *mock {
	t.Helper()
	script := filepath.Join(t.TempDir(), "faults.json")
	require.NoError(t, os.WriteFile(script, []byte(faults), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	m := &mock{cmd: exec.CommandContext(ctx, program, "mock", "-addr", "127.0.0.1:0", "-output", "env", "-faults", script)}
	m.cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")} // and no key of the caller's
	m.cmd.Stderr = &m.stderr
	stdout, err := m.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, m.cmd.Start())
	lines := bufio.NewScanner(stdout)
	for len(m.env) < 2 && lines.Scan() {
		m.env = append(m.env, lines.Text())
	}
	require.Len(t, m.env, 2)
	return m
}

// statuses interrupts the mock and returns what it answered, in order; zero where it broke the connection.
func (m *mock) statuses(t *testing.T) []int {
	t.Helper()
	require.NoError(t, m.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, m.cmd.Wait(), "an interrupted mock exits with 0")
	require.NotContains(t, m.stderr.String(), "is not used up")
	status := regexp.MustCompile(` status=(\d+)$`)
	var found []int
	for line := range strings.Lines(m.stderr.String()) {
		n := 0
		if match := status.FindStringSubmatch(strings.TrimSpace(line)); match != nil {
			n, _ = strconv.Atoi(match[1])
		}
		found = append(found, n)
	}
	return found
}

// node is a Node.js process that ends with the test.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	name, err := exec.LookPath("node")
	require.NoError(t, err, "the conformance tests need Node.js, which is not installed")
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, append([]string{"--import", ownBound}, args...)...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	return cmd
}
