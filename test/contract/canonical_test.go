package contract_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

// canonical brings a body into the form in which bodies that mean the same are the same bytes: RFC 8785, instants in
// UTC, and optional properties without their zero values, which the Go types take for properties that are left out.
func canonical(schema *openapi3.Schema, body []byte) (string, error) {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return "", err
	}
	plain, err := json.Marshal(simplify(schema, value))
	if err != nil {
		return "", err
	}
	form := jsontext.Value(plain)
	if err := form.Canonicalize(); err != nil {
		return "", err
	}
	return string(form), nil
}

func simplify(schema *openapi3.Schema, value any) any {
	switch v := value.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil && schema.Format == "date-time" {
			return t.UTC().Format(time.RFC3339Nano)
		}
	case map[string]any:
		for name, property := range schema.Properties {
			if _, ok := v[name]; !ok {
				continue
			}
			v[name] = simplify(property.Value, v[name])
			if isZero(v[name]) && !slices.Contains(schema.Required, name) {
				delete(v, name)
			}
		}
	}
	return value
}

func isZero(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == time.Time{}.Format(time.RFC3339)
	case float64:
		return v == 0
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func TestCanonicalFormTellsBodiesApart(t *testing.T) {
	t.Parallel()
	schema := openapi3.NewObjectSchema().WithRequired([]string{"id"}).
		WithProperty("id", openapi3.NewStringSchema()).
		WithProperty("at", openapi3.NewDateTimeSchema()).
		WithProperty("n", openapi3.NewIntegerSchema())
	form := func(body string) string {
		got, err := canonical(schema, []byte(body))
		require.NoError(t, err)
		return got
	}
	for name, row := range map[string]struct {
		a, b string
		same bool
	}{
		"order of names":             {`{"id":"a","n":1}`, `{"n":1.0,"id":"a"}`, true},
		"the same instant":           {`{"id":"a","at":"2026-01-01T01:00:00+01:00"}`, `{"id":"a","at":"2026-01-01T00:00:00.0Z"}`, true},
		"another instant":            {`{"id":"a","at":"2026-01-01T00:00:00Z"}`, `{"id":"a","at":"2026-01-01T00:00:00.1Z"}`, false},
		"optional zero or absent":    {`{"id":"a","n":0}`, `{"id":"a"}`, true},
		"required empty or absent":   {`{"id":""}`, `{}`, false},
		"another number":             {`{"id":"a","n":1}`, `{"id":"a","n":2}`, false},
		"a property more":            {`{"id":"a"}`, `{"id":"a","x":0}`, false},
		"number and text":            {`{"id":"a","n":1}`, `{"id":"a","n":"1"}`, false},
		"an instant where text goes": {`{"id":"2026-01-01T00:00:00Z"}`, `{"id":"2026-01-01T00:00:00.0Z"}`, false},
	} {
		require.Equal(t, row.same, form(row.a) == form(row.b), name)
	}
}
