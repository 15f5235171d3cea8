package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlagsMayFollowTheDocument(t *testing.T) {
	t.Parallel()
	commit := strings.Repeat("0a", 20)
	s, err := parseSettings([]string{"--format", "json", "up.yaml", "--write", "-commit=" + commit})
	require.NoError(t, err)
	require.Equal(t, settings{format: formatJSON, spec: "openapi.yaml", upstream: "up.yaml", write: true, commit: commit}, s)
}

func TestAWrongCommandLineIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no document":      {},
		"empty document":   {""},
		"two documents":    {"a.yaml", "b.yaml"},
		"unknown flag":     {"-loud", "a.yaml"},
		"unknown format":   {"-format", "xml", "a.yaml"},
		"commit, no write": {"-commit", "abc", "a.yaml"},
		"no commit":        {"-write", "-commit", "COMMIT", "a.yaml"},
		"no date":          {"-write", "-date", "2026-02-30", "a.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, args...)
			require.Equal(t, exitUnreadable, got.status)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, "usage: specdrift")
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "-h")
	require.Zero(t, got.status)
	require.Contains(t, got.stdout, "usage: specdrift")
}
