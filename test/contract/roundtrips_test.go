package contract_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// checkRoundTrips decodes bodies that the spec allows into their Go types, encodes them and compares.
func checkRoundTrips(doc *openapi3.T, c *code) []finding {
	var found []finding
	for _, m := range modelsOf(doc, c) {
		for _, body := range append(examples(m.schema, anything, 4), examples(m.schema, everything, 1)...) {
			found = append(found, checkRoundTrip(m, body)...)
		}
	}
	return found
}

func checkRoundTrip(m model, body []byte) []finding {
	value := reflect.New(m.goType)
	if err := json.Unmarshal(body, value.Interface()); err != nil {
		return []finding{m.op.finding(m.where, string(body)+" is one", "cannot decode it: "+err.Error())}
	}
	return compareValue(m.op, m.where, m.schema, body, value)
}

// compareValue compares a body with a Go value that stands for it.
func compareValue(op operation, where string, schema *openapi3.SchemaRef, body []byte, value reflect.Value) []finding {
	encoded, err := json.Marshal(value.Interface())
	if err != nil {
		return []finding{op.finding(where, string(body)+" is one", "cannot encode it: "+err.Error())}
	}
	return compareBodies(op, where, schema, body, encoded)
}

// compareBodies compares two bodies byte for byte in canonical form.
func compareBodies(op operation, where string, schema *openapi3.SchemaRef, body, other []byte) []finding {
	want, err := canonical(schema.Value, body)
	if err != nil {
		return []finding{op.finding(where, string(body), "cannot read it: "+err.Error())}
	}
	have, err := canonical(schema.Value, other)
	if err != nil {
		return []finding{op.finding(where, string(body), "made something else of it: "+err.Error())}
	}
	if want != have {
		return []finding{op.finding(where, want, "made "+have+" of it")}
	}
	return nil
}

func TestRandomBodiesSurviveDecodeAndEncode(t *testing.T) {
	t.Parallel()
	for _, m := range modelsOf(loadSpec(t), inspect()) {
		t.Run(m.op.name()+" "+m.where+" "+m.goType.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				f := rapid.SampledFrom([]fill{anything, least, everything}).Draw(t, "fill")
				require.Empty(t, words(checkRoundTrip(m, bodies(m.schema, f).Draw(t, "body"))))
			})
		})
	}
}
