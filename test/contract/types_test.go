package contract_test

import (
	"fmt"
	"reflect"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
)

// goTypes are the types that oapi-codegen chooses for a type and a format. It takes an unknown format for none.
func goTypes() map[string]map[string]reflect.Type {
	return map[string]map[string]reflect.Type{
		openapi3.TypeString: {
			"":          reflect.TypeFor[string](),
			"date-time": reflect.TypeFor[time.Time](),
			"date":      reflect.TypeFor[openapi_types.Date](),
			"uuid":      reflect.TypeFor[uuid.UUID](),
			"email":     reflect.TypeFor[openapi_types.Email](),
			"byte":      reflect.TypeFor[[]byte](),
			"binary":    reflect.TypeFor[openapi_types.File](),
		},
		openapi3.TypeInteger: {
			"":      reflect.TypeFor[int](),
			"int32": reflect.TypeFor[int32](),
			"int64": reflect.TypeFor[int64](),
		},
		openapi3.TypeNumber: {
			"":       reflect.TypeFor[float32](),
			"double": reflect.TypeFor[float64](),
		},
		openapi3.TypeBoolean: {
			"": reflect.TypeFor[bool](),
		},
	}
}

// wantedType says in words which Go type carries the schema's values.
func wantedType(schema *openapi3.Schema) string {
	kind := "of any type"
	if types := schema.Type.Slice(); len(types) == 1 {
		kind = types[0]
	} else if len(types) > 1 {
		return fmt.Sprintf("one of %v", types)
	}
	if name, ok := schema.Extensions["x-go-type"].(string); ok {
		from, _ := schema.Extensions["x-go-type-import"].(map[string]any)
		return fmt.Sprintf("%s as %s of %v", kind, name, from["path"])
	}
	switch kind {
	case openapi3.TypeArray:
		return "array"
	case openapi3.TypeObject:
		return wantedObject(schema)
	}
	formats := goTypes()[kind]
	if t, ok := formats[schema.Format]; ok {
		return t.String()
	}
	if t, ok := formats[""]; ok {
		return t.String()
	}
	return kind
}

// wantedObject tells an object whose properties are known from one that is open to all.
func wantedObject(schema *openapi3.Schema) string {
	extra := schema.AdditionalProperties
	switch {
	case len(schema.Properties) > 0:
		return "object"
	case extra.Schema != nil:
		return "map of " + wantedType(extra.Schema.Value)
	case extra.Has != nil && !*extra.Has:
		return "object without properties"
	}
	return "map of anything"
}

// describe puts a Go type in the words of wantedType.
func describe(t reflect.Type) string {
	for _, formats := range goTypes() {
		for _, known := range formats {
			if t == known {
				return t.String()
			}
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.Map:
		if t.Elem() == reflect.TypeFor[any]() {
			return "map of anything"
		}
		return "map of " + describe(t.Elem())
	case reflect.String:
		return fmt.Sprintf("string as %s of %s", t, t.PkgPath())
	}
	return t.String()
}
