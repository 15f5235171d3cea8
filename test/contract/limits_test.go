package contract_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go"
)

// checkLimits compares what the spec allows in a request with what Validate and the wrapper let through, and the bounds
// and defaults in the spec with the generated constants.
func checkLimits(doc *openapi3.T, code *source) []finding {
	var found []finding
	constants := map[string]string{}
	for _, server := range doc.Servers {
		constants[fmt.Sprint(server.Extensions["x-go-name"])] = strconv.Quote(server.URL)
	}
	for _, op := range operationsOf(doc) {
		for _, p := range op.parameters() {
			found = append(found, checkKeywords(op.OperationID+"."+p.Name, p.Schema.Value, unchecked)...)
		}
		schema, t := op.body(), op.bodyType()
		if schema == nil || t == nil {
			continue
		}
		maps.Copy(constants, constantsOf(schema, t))
		found = append(found, checkKeywords(op.OperationID, schema, 0)...)
		for _, body := range probes(schema) {
			found = append(found, checkProbe(op, schema, t, body)...)
		}
	}
	if !maps.Equal(constants, code.constants) {
		found = append(found, finding{"constants", constants, code.constants})
	}
	return found
}

// constantsOf are the constants that the generator makes of a request's bounds and defaults.
func constantsOf(schema *openapi3.Schema, t reflect.Type) map[string]string {
	constants := map[string]string{}
	for field := range t.Fields() {
		ref := schema.Properties[jsonName(field)]
		if ref == nil {
			continue
		}
		prefix := t.Name() + field.Name
		if ref.Value.Min != nil {
			constants[prefix+"Min"] = fmt.Sprint(*ref.Value.Min)
		}
		if ref.Value.Max != nil {
			constants[prefix+"Max"] = fmt.Sprint(*ref.Value.Max)
		}
		if ref.Value.Default != nil {
			constants[prefix+"Default"] = fmt.Sprintf("%#v", ref.Value.Default)
		}
	}
	return constants
}

// unchecked is the depth from which on Validate does not look at a schema.
const unchecked = 2

// checkKeywords finds what the spec asks of a request and Validate does not look at. Of the body it knows which
// properties are required, and the bounds of each.
func checkKeywords(where string, schema *openapi3.Schema, depth int) []finding {
	known := []string{
		"type", "format", "default", "description", "example", "x-go-type", "x-go-type-import", "properties", "items",
	}
	switch depth {
	case 0:
		known = append(known, "required")
	case 1:
		known = append(known, "minimum", "maximum")
	}
	var found []finding
	plain, _ := encode(schema)
	for keyword := range plain.(object) {
		if !slices.Contains(known, keyword) {
			found = append(found, finding{where, "it has " + keyword, "does not check that"})
		}
	}
	for name, ref := range schema.Properties {
		found = append(found, checkKeywords(where+"."+name, ref.Value, depth+1)...)
	}
	if schema.Items != nil {
		found = append(found, checkKeywords(where+"[]", schema.Items.Value, depth+1)...)
	}
	return found
}

// probes are bodies with and without each property, and with values at and around its bounds. Zero is not among them:
// a Go value of zero is a property that is left out.
func probes(schema *openapi3.Schema) []map[string]any {
	whole := sampleObject(schema, full)
	bodies := []map[string]any{whole}
	for name, ref := range schema.Properties {
		without := maps.Clone(whole)
		delete(without, name)
		bodies = append(bodies, without)
		if !ref.Value.Type.Is(openapi3.TypeInteger) && !ref.Value.Type.Is(openapi3.TypeNumber) {
			continue
		}
		for _, value := range around(ref.Value.Min, ref.Value.Max) {
			body := maps.Clone(whole)
			body[name] = value
			bodies = append(bodies, body)
		}
	}
	return bodies
}

func around(bounds ...*float64) []float64 {
	values := []float64{-1 << 40, -1, 1, 1 << 40}
	for _, bound := range bounds {
		if bound != nil {
			values = append(values, *bound-1, *bound, *bound+1)
		}
	}
	return slices.DeleteFunc(values, func(value float64) bool { return value == 0 })
}

// checkProbe compares what the spec, Validate and the wrapper say of a body.
func checkProbe(op operation, schema *openapi3.Schema, t reflect.Type, body map[string]any) []finding {
	where := fmt.Sprintf("%s of %v", op.OperationID, body)
	value, err := decode(t, body)
	if err != nil {
		return []finding{{where, "it is a body", err}}
	}
	request, ok := reflect.TypeAssert[interface{ Validate() error }](value)
	if !ok {
		return []finding{{where, "it is a body", "cannot validate it"}}
	}
	allowed := schema.VisitJSON(body) == nil
	arguments := op.arguments(full)
	arguments[len(arguments)-1] = body
	e := &exchange{status: http.StatusTeapot}
	_, err = wrapper(e).call(op.OperationID, arguments)
	refused := errors.Is(err, roomtokens.ErrInvalidRequest) && len(e.sent) == 0
	return slices.Concat(
		differ(where+" is valid", allowed, request.Validate() == nil),
		differ(where+" is refused unsent", !allowed, refused),
	)
}
