package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlagsMayFollowTheDocument(t *testing.T) {
	t.Parallel()
	s, err := parseSettings([]string{"--format", "json", "up.yaml", "--write", "-commit=abc"})
	require.NoError(t, err)
	require.Equal(t, settings{format: formatJSON, spec: "openapi.yaml", upstream: "up.yaml", write: true, commit: "abc"}, s)
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
		"help":             {"-h"},
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
