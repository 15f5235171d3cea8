package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// setting returns what docs/compose.yaml has under a name, for one service after the other.
func setting(t *testing.T, name string) (values []string) {
	t.Helper()
	file, err := os.ReadFile("../../docs/compose.yaml")
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`(?m)^ +`+name+`: (.*)$`).FindAllStringSubmatch(string(file), -1) {
		values = append(values, match[1])
	}
	return values
}

// TestCompose runs the two services of docs/compose.yaml as processes. In place of the network of the containers, a
// proxy knows where mock:4010 is: the mock itself, to which a proxy's requests are as good as others.
func TestCompose(t *testing.T) {
	t.Parallel()
	commands, keys, baseURLs := setting(t, "command"), setting(t, "TELNYX_API_KEY"), setting(t, "TELNYX_BASE_URL")
	require.Len(t, commands, 2)
	require.Len(t, keys, 2)
	require.Equal(t, []string{"http://mock:4010/v2"}, baseURLs)
	service := strings.Replace(commands[0], ":4010", "127.0.0.1:0", 1) + " --output env"
	mock := start(t, environ{"TELNYX_API_KEY": keys[0]}, words(service)...)
	address := strings.TrimSuffix(mock.endpoint(t)["TELNYX_BASE_URL"], "/v2")

	env := environ{"TELNYX_API_KEY": keys[1], "TELNYX_BASE_URL": baseURLs[0], "HTTP_PROXY": address}
	code, stdout, stderr := runProcess(t, env, words(commands[1])...)
	require.Equal(t, exitOK, code, stderr)
	require.NotEmpty(t, decodePair(t, stdout).Token)
	code, _, stderr = runProcess(t, env, words(strings.Replace(commands[1], " --insecure-http", "", 1))...)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "is plain http, which only a loopback address or --insecure-http allows")
	require.Equal(t, exitOK, mock.interrupt(t))
}
