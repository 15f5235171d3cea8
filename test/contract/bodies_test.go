package contract_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// fill says which optional properties a random body has, and whether Go's zero values are among its values.
type fill int

const (
	anything   fill = iota // optional properties at random, and any value
	least                  // required properties, no zero values
	everything             // each property, no zero values
)

// bodies generates JSON documents that schema allows.
func bodies(schema *openapi3.SchemaRef, f fill) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		rapid.Bool().Draw(t, "any draw") // a generator may not go without, and an empty object needs none
		body, err := json.Marshal(f.value(t, schema.Value))
		if err != nil {
			t.Fatal(err)
		}
		return body
	})
}

// examples are a few of them, the same ones each time.
func examples(schema *openapi3.SchemaRef, f fill, n int) [][]byte {
	generator := bodies(schema, f)
	var found [][]byte
	for seed := range n {
		found = append(found, generator.Example(seed+1))
	}
	return found
}

func (f fill) value(t *rapid.T, schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is(openapi3.TypeObject):
		return f.object(t, schema)
	case schema.Type.Is(openapi3.TypeArray):
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any { return f.value(t, schema.Items.Value) }), 1, 3).Draw(t, "items")
	case schema.Type.Is(openapi3.TypeInteger):
		low, high := bounds(schema)
		return f.nonZero(rapid.Int64Range(int64(math.Ceil(low)), int64(math.Floor(high))).AsAny(), int64(0)).Draw(t, "integer")
	case schema.Type.Is(openapi3.TypeNumber):
		low, high := bounds(schema)
		return f.nonZero(rapid.Float64Range(low, high).AsAny(), 0.0).Draw(t, "number")
	case schema.Type.Is(openapi3.TypeBoolean):
		return f.nonZero(rapid.Bool().AsAny(), false).Draw(t, "boolean")
	}
	return f.text(t, schema)
}

func (f fill) nonZero(g *rapid.Generator[any], zero any) *rapid.Generator[any] {
	if f == anything {
		return g
	}
	return g.Filter(func(v any) bool { return v != zero })
}

// bounds default to what a JSON number holds exactly.
func bounds(schema *openapi3.Schema) (low, high float64) {
	low, high = -1<<53, 1<<53
	if schema.Min != nil {
		low = *schema.Min
	}
	if schema.Max != nil {
		high = *schema.Max
	}
	return low, high
}

func (f fill) text(t *rapid.T, schema *openapi3.Schema) any {
	switch schema.Format {
	case "date-time":
		return instants().Draw(t, "instant")
	case "date":
		return instants().Draw(t, "date")[:len(time.DateOnly)]
	case "uuid":
		return rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`).Draw(t, "uuid")
	}
	if f == anything {
		return rapid.String().Draw(t, "text")
	}
	return rapid.StringN(1, -1, -1).Draw(t, "text")
}

// instants are RFC 3339 date-times in any zone, with and without fractions of a second.
func instants() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		const year0002, year9999 = -62104060800, 253370764800
		secs := rapid.Int64Range(year0002, year9999).Draw(t, "seconds")
		nanos := rapid.SampledFrom([]int64{0, 1, 500_000_000, 999_999_999}).Draw(t, "nanoseconds")
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "minutes east"))
		return time.Unix(secs, nanos).In(zone).Format(time.RFC3339Nano)
	})
}

func (f fill) object(t *rapid.T, schema *openapi3.Schema) any {
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if f.has(t, name, schema) {
			object[name] = f.value(t, schema.Properties[name].Value)
		}
	}
	if len(schema.Properties) == 0 && (schema.AdditionalProperties.Has == nil || *schema.AdditionalProperties.Has) {
		object = openObjects(f).Draw(t, "open object")
	}
	return object
}

func (f fill) has(t *rapid.T, name string, schema *openapi3.Schema) bool {
	if slices.Contains(schema.Required, name) || f == everything {
		return true
	}
	return f == anything && rapid.Bool().Draw(t, "has "+name)
}

// openObjects are objects of any properties, whose values are of every JSON type.
func openObjects(f fill) *rapid.Generator[map[string]any] {
	scalar := rapid.OneOf(
		rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.Just[any](nil),
	)
	values := rapid.OneOf(
		scalar, rapid.SliceOfN(scalar, 0, 3).AsAny(), rapid.MapOfN(rapid.String(), scalar, 0, 3).AsAny(),
	)
	fewest := 0
	if f != anything {
		fewest = 1
	}
	return rapid.MapOfN(rapid.String(), values, fewest, 4)
}
