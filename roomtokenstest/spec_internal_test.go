package roomtokenstest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestEmbeddedSpecIsTheModules(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("../openapi.yaml")
	require.NoError(t, err)
	require.True(t, bytes.Equal(module, specYAML), "run go generate ./...")
}

func loadAsWritten(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(specYAML)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(context.Background()))
	return doc
}

// The server validates as if the document were of OpenAPI 3.0. Were a schema to use what only 3.1 has, verdicts would differ.
func TestSchemasSayTheSameInBothVersions(t *testing.T) {
	t.Parallel()
	doc := loadAsWritten(t)
	schemas := map[string]*openapi3.Schema{
		"room_id": doc.Paths.Value(doc.Paths.InMatchingOrder()[0]).Post.Parameters[0].Value.Schema.Value,
	}
	for name, ref := range doc.Components.Schemas {
		schemas[name] = ref.Value
	}
	values := []string{
		`null`, `true`, `1`, `""`, `"x"`, `[]`, `{}`, `{"data":{}}`, `{"data":null}`, `{"data":1}`,
		`"3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"`, `"3fa0c9d46a1b4f579a3e5d2c8b7e1f60"`, `"00000000-0000-0000-0000-000000000000"`,
		`{"token_ttl_secs":9}`, `{"token_ttl_secs":10}`, `{"token_ttl_secs":10.0}`, `{"token_ttl_secs":10.5}`,
		`{"token_ttl_secs":3600}`, `{"token_ttl_secs":3601}`, `{"token_ttl_secs":"10"}`, `{"token_ttl_secs":null}`,
		`{"refresh_token_ttl_secs":59}`, `{"refresh_token_ttl_secs":86400}`, `{"refresh_token":"x","token_ttl_secs":9}`,
		`{"refresh_token":"x"}`, `{"refresh_token":1}`, `{"token":"x"}`, `{"token":1}`, `{"token":null}`,
		`{"token_expires_at":"2026-01-01T00:00:00Z"}`, `{"token_expires_at":"2026-02-30T00:00:00Z"}`, `{"token_expires_at":"x"}`,
		`{"code":"1","title":"x"}`, `{"code":1,"title":"x"}`, `{"code":"1"}`, `{"code":"1","title":"x","meta":{"a":[1]}}`,
		`{"code":"1","title":"x","meta":1}`, `{"code":"1","title":"x","source":{"pointer":1}}`, `{"pointer":"x"}`, `{"parameter":1}`,
	}
	accepted, refused := 0, 0
	for name, schema := range schemas {
		for _, text := range values {
			var value any
			require.NoError(t, json.Unmarshal([]byte(text), &value))
			formats := schemaOptions()[1:]
			in31 := schema.VisitJSON(value, append(formats, openapi3.EnableJSONSchema2020())...)
			in30 := schema.VisitJSON(value, formats...)
			require.Equal(t, in31 == nil, in30 == nil, "%s: %s: %v, but %v", name, text, in31, in30)
			if in30 == nil {
				accepted++
			} else {
				refused++
			}
		}
	}
	require.Greater(t, accepted, 50)
	require.Greater(t, refused, 50)
}

func TestFormats(t *testing.T) {
	t.Parallel()
	require.NoError(t, checkUUID("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"))
	for _, text := range []string{"", "x", "3fa0c9d46a1b4f579a3e5d2c8b7e1f60", "urn:uuid:3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"} {
		require.Error(t, checkUUID(text), text)
	}
	require.NoError(t, checkDateTime("2026-01-01T00:10:00.5+02:00"))
	for _, text := range []string{"", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01 00:10:00Z"} {
		require.Error(t, checkDateTime(text), text)
	}
}

func TestParseSpecRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no document": "a: [",
		"bad server":  "openapi: 3.1.0\ninfo: {title: t, version: v}\nservers: [{url: ':'}]\npaths: {}\n",
	} {
		_, err := parseSpec([]byte(text))
		require.Error(t, err, name)
	}
}
