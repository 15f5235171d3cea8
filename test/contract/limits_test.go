package contract_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
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
		found = append(found, checkParameters(op)...)
		body := op.body()
		method, ok := op.generatedMethod()
		if body == nil || !ok {
			continue
		}
		types := argumentTypes(method.Type)
		schema, t := body.Value, types[len(types)-1]
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

// checkParameters wants the wrapper to refuse the nil UUID, which is what a caller has who has none.
func checkParameters(op operation) []finding {
	var found []finding
	inPath := 0
	for _, p := range op.parameters() {
		where, arguments := op.OperationID+"."+p.Name, op.arguments(full)
		found = append(found, checkKeywords(where, p.Schema.Value, unchecked)...)
		if p.In != "path" {
			continue
		}
		if arguments[inPath] = uuid.Nil.String(); p.Schema.Value.Format == "uuid" && op.hasWrapper() {
			found = append(found, differ("the nil UUID is refused for", p.Name, refusedParameter(op, arguments))...)
		}
		inPath++
	}
	return found
}

// constantsOf are the constants that the generator makes of a request's bounds and defaults.
func constantsOf(schema *openapi3.Schema, t reflect.Type) map[string]string {
	constants := map[string]string{}
	suffixes := map[string]string{"minimum": "Min", "maximum": "Max", "default": "Default"}
	for field := range t.Fields() {
		property, _ := encode(schema.Properties[jsonName(field)]).(object)
		for keyword, suffix := range suffixes {
			if value, ok := property[keyword]; ok {
				constants[t.Name()+field.Name+suffix] = fmt.Sprintf("%#v", value)
			}
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
		"type", "format", "default", "description", "example", "properties", "items",
		"x-go-type", "x-go-type-import", "x-go-type-skip-optional-pointer",
	}
	switch depth {
	case 0:
		known = append(known, "required")
	case 1:
		known = append(known, "minimum", "maximum")
	}
	var found []finding
	for keyword := range encode(schema).(object) {
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
func probes(schema *openapi3.Schema) []object {
	whole := sampleObject(schema, full)
	bodies := []object{whole}
	for name, ref := range schema.Properties {
		without := maps.Clone(whole)
		delete(without, name)
		bodies = append(bodies, without)
		for _, number := range numbers(ref.Value) {
			with := maps.Clone(whole)
			with[name] = number
			bodies = append(bodies, with)
		}
	}
	return bodies
}

// numbers are those at and around the bounds of a number.
func numbers(schema *openapi3.Schema) []float64 {
	if !schema.Type.Is(openapi3.TypeInteger) && !schema.Type.Is(openapi3.TypeNumber) {
		return nil
	}
	values := []float64{-1 << 40, -1, 1, 1 << 40}
	for _, bound := range []*float64{schema.Min, schema.Max} {
		if bound != nil {
			values = append(values, *bound-1, *bound, *bound+1)
		}
	}
	return slices.DeleteFunc(values, func(value float64) bool { return value == 0 })
}

// checkProbe compares what the spec, Validate and the wrapper say of a body.
func checkProbe(op operation, schema *openapi3.Schema, t reflect.Type, body object) []finding {
	where := fmt.Sprintf("%s of %v", op.OperationID, body)
	value, err := decode(t, body)
	if err != nil {
		return []finding{{where, "it is a body", err}}
	}
	request, ok := reflect.TypeAssert[interface{ Validate() error }](value)
	if !ok {
		return []finding{{where, "it is a body", "cannot validate it"}}
	}
	invalid := invalidProperty(schema, body)
	arguments := op.arguments(full)
	arguments[len(arguments)-1] = body
	found := differ(where+" is valid", invalid == "", request.Validate() == nil)
	if op.hasWrapper() {
		found = append(found, differ(where+" is refused for", invalid, refusedParameter(op, arguments))...)
	}
	return found
}

// invalidProperty is the property for which the spec does not allow the body; "" where it does.
func invalidProperty(schema *openapi3.Schema, body object) string {
	refused, ok := errors.AsType[*openapi3.SchemaError](schema.VisitJSON(body))
	if !ok {
		return ""
	}
	return strings.Join(refused.JSONPointer(), "/")
}

// refusedParameter is the one for which the wrapper refuses the arguments and sends nothing; "" where it sends them.
func refusedParameter(op operation, arguments []any) string {
	s := refusing()
	_, err := newWrapper(api.ServerURL, s).call(op.OperationID, arguments)
	refused, ok := errors.AsType[*roomtokens.InvalidRequestError](err)
	switch {
	case !ok || !errors.Is(err, roomtokens.ErrInvalidRequest) || len(s.requests) > 0:
		return ""
	case refused.Operation != api.Operation(op.OperationID):
		return string(refused.Operation)
	}
	return refused.Parameter
}
