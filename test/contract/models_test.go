package contract_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go/api"
)

// checkModels compares the schemas with the Go types that carry their values, and what both clients make of responses.
func checkModels(doc *openapi3.T, code *source) []finding {
	var found []finding
	for _, name := range slices.Concat(
		slices.Collect(maps.Keys(doc.Components.Schemas)), slices.Collect(maps.Keys(doc.Components.Responses))) {
		if !code.types[typeName(name)] {
			found = append(found, finding{"components", "there is " + name, "has no such type"})
		}
	}
	for _, op := range operationsOf(doc) {
		if t := op.bodyType(); op.body() != nil && t != nil {
			found = append(found, checkModel(op.OperationID+" request", op.body(), t)...)
		}
		fields := op.responseFields()
		for _, status := range op.statuses() {
			found = append(found, checkResponse(op, status, fields["JSON"+status])...)
			delete(fields, "JSON"+status)
			if strings.HasPrefix(status, "2") && op.response(status) != nil {
				found = append(found, checkResult(op, status)...)
			}
		}
		for name := range fields {
			found = append(found, finding{op.OperationID + " " + name, "no such response", "has a type for it"})
		}
	}
	return found
}

// bodyType is the type of the body in the generated method for op, or nil.
func (op operation) bodyType() reflect.Type {
	method, ok := reflect.TypeFor[api.ClientInterface]().MethodByName(op.OperationID)
	if !ok {
		return nil
	}
	types := argumentTypes(method.Type)
	return types[len(types)-1]
}

// responseFields are the types that the generated client decodes responses into, by the name of the field for each.
func (op operation) responseFields() map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	method, ok := reflect.TypeFor[api.ClientWithResponsesInterface]().MethodByName(op.OperationID + "WithResponse")
	if !ok {
		return fields
	}
	for field := range method.Type.Out(0).Elem().Fields() {
		if strings.HasPrefix(field.Name, "JSON") {
			fields[field.Name] = field.Type.Elem()
		}
	}
	return fields
}

// checkResponse wants the generated client to decode the response with status into t, and into nothing else.
func checkResponse(op operation, status string, t reflect.Type) []finding {
	where, schema := op.OperationID+" "+status, op.response(status)
	if schema == nil || t == nil {
		return differ(where+" has a JSON body", schema != nil, t != nil)
	}
	want := sample(schema, full)
	result, err := serve(op, generated, status, want)
	if err != nil {
		return []finding{{where, want, err}}
	}
	found := checkModel(where, schema, t)
	for field, value := range reflect.ValueOf(result).Elem().Fields() {
		if strings.HasPrefix(field.Name, "JSON") && value.IsNil() == (field.Name == "JSON"+status) {
			found = append(found, finding{where, want, fmt.Sprintf("sets %s: %t", field.Name, !value.IsNil())})
		}
	}
	return found
}

// serve carries out the operation while the server responds with status and body.
func serve(op operation, over func(*exchange) client, status string, body any) (any, error) {
	number, err := strconv.Atoi(status)
	if err != nil {
		return nil, err
	}
	return over(&exchange{status: number, body: body}).call(op.OperationID, op.arguments(least))
}

// checkResult wants the wrapper to return a successful response, or one property of it, whole.
func checkResult(op operation, status string) []finding {
	body := sample(op.response(status), full)
	result, err := serve(op, wrapper, status, body)
	if err == nil {
		result, err = encode(result)
	}
	parts := []any{body}
	if object, ok := body.(map[string]any); ok {
		parts = slices.AppendSeq(parts, maps.Values(object))
	}
	if err != nil || !slices.ContainsFunc(parts, func(part any) bool { return reflect.DeepEqual(part, result) }) {
		return []finding{{op.OperationID + " " + status, body, fmt.Sprint(result, err)}}
	}
	return nil
}

// checkModel wants a value of the schema to survive in t, and t to have the same properties, no more and no fewer.
func checkModel(where string, schema *openapi3.Schema, t reflect.Type) []finding {
	want := sample(schema, full)
	value, err := decode(t, want)
	if err != nil {
		return []finding{{where, want, err}}
	}
	have, err := encode(value.Interface())
	if err != nil || !reflect.DeepEqual(want, have) {
		return []finding{{where, want, fmt.Sprint(have, err)}}
	}
	return checkType(where, schema, t)
}

// checkType compares, in depth, the properties of the schema with the fields of t, those that are required with those
// that t always sends, and x-go-type with types that are not the generator's own.
func checkType(where string, schema *openapi3.Schema, t reflect.Type) []finding {
	found := differ(where+" x-go-type", customType(schema), customGoType(t))
	switch {
	case t.Kind() == reflect.Slice && schema.Items != nil:
		return append(found, checkType(where+"[]", schema.Items.Value, t.Elem())...)
	case t.Kind() != reflect.Struct || len(schema.Properties) == 0:
		return found
	}
	zero, _ := encode(reflect.Zero(t).Interface())
	always, _ := zero.(map[string]any)
	found = append(found, differ(where+" required",
		fmt.Sprint(slices.Sorted(slices.Values(schema.Required))), fmt.Sprint(slices.Sorted(maps.Keys(always))))...)
	for field := range t.Fields() {
		property := jsonName(field)
		if ref := schema.Properties[property]; ref != nil {
			found = append(found, checkType(where+"."+property, ref.Value, field.Type)...)
		} else {
			found = append(found, finding{where, "there is no " + property, "has it"})
		}
	}
	return found
}

// jsonName is the name by which encoding/json knows the field.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

func customType(schema *openapi3.Schema) string {
	name, _ := schema.Extensions["x-go-type"].(string)
	from, _ := schema.Extensions["x-go-type-import"].(map[string]any)
	return fmt.Sprint(name, " of ", cmp.Or[any](from["path"], ""))
}

func customGoType(t reflect.Type) string {
	if strings.HasPrefix(t.PkgPath(), module) && t.PkgPath() != module+"/api" {
		return t.String() + " of " + t.PkgPath()
	}
	return " of "
}
