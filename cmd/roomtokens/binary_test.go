package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// binary is the program as a user has it.
type binary string

func build(t *testing.T) binary {
	t.Helper()
	name := filepath.Join(t.TempDir(), "roomtokens")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", name, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary(name)
}

// command is a process that sees nothing of this one's environment but what Windows cannot do without.
func (b binary) command(t *testing.T, env environ, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(b), args...)
	cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func (b binary) run(t *testing.T, env environ, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := b.command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	exit, isExit := errors.AsType[*exec.ExitError](err)
	if err != nil && !isExit {
		require.NoError(t, err)
	}
	if isExit {
		return exit.ExitCode(), out.String(), errs.String()
	}
	return 0, out.String(), errs.String()
}

func TestBinary(t *testing.T) {
	t.Parallel()
	program := build(t)
	fake, env := listen(t)
	unknown := environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"], "TELNYX_API_KEY": "KEY-of-nobody"}
	noServer := environ{"TELNYX_BASE_URL": nowhere, "TELNYX_API_KEY": fake.APIKey(), "TELNYX_ROOM_ID": room}
	for name, row := range map[string]struct {
		env            environ
		args           []string
		code           int
		stdout, stderr string // what they hold; where that is empty, nothing
	}{
		"done":       {env: env, args: []string{"create", room}, stdout: `"token":"eyJ`},
		"refused":    {env: unknown, args: []string{"create", room}, code: 1, stderr: "The API key is not known"},
		"usage":      {args: []string{"create"}, code: 2, stderr: "there is no room"},
		"no network": {env: noServer, args: []string{"create"}, code: 3, stderr: "No response came"},
		"help":       {args: []string{"--help"}, stdout: "Available Commands:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := program.run(t, row.env, row.args...)
			require.Equal(t, row.code, code, stderr)
			require.Contains(t, stdout, row.stdout)
			require.Equal(t, row.stdout == "", stdout == "", stdout)
			require.Contains(t, stderr, row.stderr)
			require.Equal(t, row.stderr == "", stderr == "", stderr)
			require.NotContains(t, stderr, fake.APIKey())
		})
	}
	t.Run("watch until interrupted", func(t *testing.T) { t.Parallel(); program.watchUntilInterrupted(t, env) })
	t.Run("watch until unread", func(t *testing.T) { t.Parallel(); program.watchUntilUnread(t, env) })
	t.Run("mock until interrupted", func(t *testing.T) { t.Parallel(); program.mockUntilInterrupted(t) })
	t.Run("mock, log not read", func(t *testing.T) { t.Parallel(); program.mockWithLogUnread(t, false) })
	t.Run("mock, log closed", func(t *testing.T) { t.Parallel(); program.mockWithLogUnread(t, true) })
	t.Run("input until interrupted", func(t *testing.T) {
		t.Parallel()
		program.inputUntilInterrupted(t, environ{"TELNYX_BASE_URL": env["TELNYX_BASE_URL"]})
	})
	t.Run("interrupted twice", func(t *testing.T) {
		t.Parallel()
		fake, env := listen(t)
		program.interruptedTwice(t, fake, env)
	})
	t.Run("completion of a secret", func(t *testing.T) { t.Parallel(); program.completeSecret(t) })
	t.Run("proxy", func(t *testing.T) { t.Parallel(); program.proxy(t, env) })
}
