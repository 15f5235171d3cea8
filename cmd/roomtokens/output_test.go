package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// hostile is a token with commands for a terminal and a shell.
const hostile = "\x1b[2J'; touch /tmp/owned; echo $(id) `id` \"\n#"

func TestTextHoldsNoControlCharacter(t *testing.T) {
	t.Parallel()
	text, err := tokenResult(&roomtokens.ClientToken{Token: hostile}).in(formatText)
	require.NoError(t, err)
	require.Equal(t, "Client token, end unknown\n"+`"\x1b[2J'; touch /tmp/owned; echo $(id) `+"`id`"+` \"\n#"`+"\n", text)
	_, err = tokenResult(&roomtokens.ClientToken{Token: "\xff"}).in(formatJSON)
	require.Error(t, err, "which is not UTF-8")
}

func TestEnvironmentIsReadBackByAShell(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	for _, token := range []string{hostile, "", "a b", "eyJ.eyJ.x-_"} {
		text, err := tokenResult(&roomtokens.ClientToken{Token: "x", RefreshToken: "y"}).in(formatEnv)
		require.NoError(t, err)
		require.Equal(t, "TELNYX_CLIENT_TOKEN=x\nTELNYX_REFRESH_TOKEN=y\n", text)

		text = "TOKEN=" + shellQuote(token) + "\n"
		read, err := exec.CommandContext(t.Context(), shell, "-c", text+`printf %s "$TOKEN"`).Output()
		require.NoError(t, err)
		require.Equal(t, token, string(read))
	}
}

func TestOutputByDefault(t *testing.T) {
	t.Parallel()
	read, pipe, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	defer pipe.Close()
	device, err := os.Open(os.DevNull)
	require.NoError(t, err)

	require.Equal(t, formatJSON, format("").orDefault(&output{}))
	require.Equal(t, formatJSON, format("").orDefault(pipe))
	require.Equal(t, formatEnv, formatEnv.orDefault(pipe))
	require.Equal(t, formatText, format("").orDefault(device), "which counts as a terminal")
	require.NoError(t, device.Close())
	require.Equal(t, formatJSON, format("").orDefault(device))
}

func TestJSONIsInOrder(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"f": "", "e": "", "d": "", "c": "", "b": "", "a": ""}
	text, err := result{fields: fields}.in(formatJSON)
	require.NoError(t, err)
	require.Regexp(t, `^{"a":"","b":"","c":"","d":"","e":"","f":""}\n$`, text)
}
