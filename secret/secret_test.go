package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/secret"
)

const hidden secret.String = "hunter2"

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"%v", "%s", "%q", "%+v", "%#v", "%x", "%X", "% x", "%10s", "%-3v", "%d", "%t"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "[REDACTED]", fmt.Sprintf(verb, hidden))
			require.NotContains(t, fmt.Sprintf(verb, struct{ Key secret.String }{hidden}), "hunter2")
			require.NotContains(t, fmt.Sprintf(verb, map[secret.String][]secret.String{hidden: {hidden}}), "hunter2")
		})
	}
}

func TestTextWithoutFmt(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[REDACTED]", hidden.String())
	require.Equal(t, "[REDACTED]", hidden.GoString())
	require.Equal(t, "[REDACTED]", errors.New(hidden.String()).Error())
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		out.Reset()
		slog.New(handler).Info("login", "key", hidden, slog.Group("g", "key", hidden))
		require.NotContains(t, out.String(), "hunter2")
		require.Contains(t, out.String(), "[REDACTED]")
	}
}

func TestJSONCarriesTheValue(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(hidden)
	require.NoError(t, err)
	require.Equal(t, `"hunter2"`, string(encoded))
	var decoded secret.String
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, hidden, decoded)
	require.Equal(t, "hunter2", string(decoded))
}
