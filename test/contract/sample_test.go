package contract_test

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A sample has its optional properties down to a level, so that one of a schema that holds itself has an end.
const (
	full  = 8
	least = 0
)

// sample returns a value that schema allows, in the types that encoding/json decodes into any.
func sample(ref *openapi3.SchemaRef, levels int) any {
	if ref == nil {
		return anything()
	}
	schema := ref.Value
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is(openapi3.TypeObject):
		return sampleObject(schema, levels)
	case schema.Type.Is(openapi3.TypeArray) && schema.Items != nil:
		return []any{sample(schema.Items, levels-1)}
	case schema.Type.Is(openapi3.TypeInteger):
		return sampleNumber(schema, 0)
	case schema.Type.Is(openapi3.TypeNumber):
		return sampleNumber(schema, 0.5)
	case schema.Type.Is(openapi3.TypeString):
		if text, ok := formats()[schema.Format]; ok {
			return text
		}
		return "text"
	case schema.Type.Is(openapi3.TypeBoolean):
		return true
	}
	return anything()
}

// anything is a value where the type is open. Only the Go type any takes it.
func anything() any { return []any{true, "text"} }

// formats are those of strings that have a Go type of their own, with a value of each.
func formats() map[string]string {
	return map[string]string{
		"uuid": "3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60", "date-time": "2026-01-01T00:10:00Z", "date": "2026-01-01",
		"email": "name@example.com", "byte": "dGV4dA==",
	}
}

func sampleObject(schema *openapi3.Schema, levels int) object {
	value := object{}
	for name, property := range schema.Properties {
		if levels > 0 || slices.Contains(schema.Required, name) {
			value[name] = sample(property, levels-1)
		}
	}
	open := schema.AdditionalProperties
	switch {
	case open.Schema != nil:
		value["additional"] = sample(open.Schema, levels-1)
	case len(schema.Properties) == 0 && (open.Has == nil || *open.Has):
		value["additional"] = anything()
	}
	return value
}

// sampleNumber returns a number that is fraction away from a whole one. It is not zero, which Go takes for none.
func sampleNumber(schema *openapi3.Schema, fraction float64) float64 {
	switch {
	case schema.Max != nil:
		return *schema.Max - fraction
	case schema.Min != nil:
		return *schema.Min + 1 + fraction
	}
	return 600 + fraction
}
