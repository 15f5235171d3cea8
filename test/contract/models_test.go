package contract_test

import (
	"fmt"
	"path"
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
	for name := range doc.Components.Schemas {
		found = append(found, differ("there is a type for "+name, true, code.types[typeName(name)])...)
	}
	for name, ref := range doc.Components.Responses {
		found = append(found, differ("there is a type for "+name, len(ref.Value.Content) > 0, code.types[typeName(name)])...)
	}
	for _, op := range operationsOf(doc) {
		found = append(found, checkMethod(op)...)
		for _, status := range op.statuses() {
			found = append(found, checkResponse(op, status)...)
		}
	}
	return found
}

// checkMethod compares the types of the generated method with the schemas of the operation.
func checkMethod(op operation) []finding {
	method, ok := op.generatedMethod()
	if !ok {
		return []finding{{op.OperationID, "it is an operation", "has no method for it"}}
	}
	types, schemas := argumentTypes(method.Type), op.takes()
	if len(types) != len(schemas) {
		return []finding{{op.OperationID + " takes", len(schemas), types}}
	}
	var found []finding
	for i, t := range types {
		found = append(found, checkType(fmt.Sprintf("%s argument %d", op.OperationID, i), schemas[i], t)...)
	}
	for field := range method.Type.Out(0).Elem().Fields() {
		if status, ok := strings.CutPrefix(field.Name, "JSON"); ok {
			found = append(found, checkType(op.OperationID+" "+status, op.response(status), field.Type)...)
		}
	}
	return found
}

func (op operation) generatedMethod() (reflect.Method, bool) {
	return reflect.TypeFor[api.ClientWithResponsesInterface]().MethodByName(op.OperationID + "WithResponse")
}

// checkType compares, in depth, the properties of the schema with the fields of t, those that are required with those
// that t always sends, the names of both, and x-go-type with types that are not the generator's own.
func checkType(where string, ref *openapi3.SchemaRef, t reflect.Type) []finding {
	if ref == nil {
		return []finding{{where, "it has no JSON", t}}
	}
	if t.Kind() == reflect.Pointer {
		return checkType(where, ref, t.Elem())
	}
	schema := ref.Value
	found := differ(where+" x-go-type", customType(schema), customGoType(t))
	switch {
	case t.Kind() == reflect.Slice && schema.Items != nil:
		return append(found, checkType(where+"[]", schema.Items, t.Elem())...)
	case t.Kind() != reflect.Struct || len(schema.Properties) == 0:
		return found
	}
	if ref.Ref != "" {
		found = append(found, differ(where+" type", typeName(path.Base(ref.Ref)), typeName(t.Name()))...)
	}
	zero, _ := encode(reflect.Zero(t).Interface()).(object)
	for field := range t.Fields() {
		name := jsonName(field)
		property := schema.Properties[name]
		if property == nil {
			found = append(found, finding{where, "there is no " + name, "has it"})
			continue
		}
		_, always := zero[name]
		required := slices.Contains(schema.Required, name)
		pointer := !required && property.Value.Extensions["x-go-type-skip-optional-pointer"] == false
		found = slices.Concat(found,
			differ(where+"."+name+" is always sent", required && !property.Value.ReadOnly, always),
			differ(where+"."+name+" is a pointer", pointer, field.Type.Kind() == reflect.Pointer),
			checkType(where+"."+name, property, field.Type))
	}
	return found
}

// jsonName is the name by which encoding/json knows the field.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// customType is the type, and where it comes from, that the schema has in place of one that the generator makes.
func customType(schema *openapi3.Schema) string {
	if schema.Extensions["x-go-type"] == nil {
		return ""
	}
	from, _ := schema.Extensions["x-go-type-import"].(object)
	return fmt.Sprint(schema.Extensions["x-go-type"], " of ", from["path"])
}

func customGoType(t reflect.Type) string {
	if !strings.HasPrefix(t.PkgPath(), module) || t.PkgPath() == module+"/api" {
		return ""
	}
	return fmt.Sprint(t, " of ", t.PkgPath())
}

// checkResponse wants both clients to return the response with status, whatever else its Content-Type says.
func checkResponse(op operation, status string) []finding {
	number, err := strconv.Atoi(status)
	if err != nil {
		return []finding{{op.OperationID + " " + status, "it stands for many", "knows a response by its number"}}
	}
	var found []finding
	for _, contentType := range []string{jsonType, jsonType + "; charset=utf-8"} {
		s := &server{status: number, contentType: contentType, body: sample(op.response(status), full)}
		where := fmt.Sprintf("%s %s as %s", op.OperationID, status, contentType)
		found = append(found, checkDecoded(op, where, s)...)
		if strings.HasPrefix(status, "2") && op.hasWrapper() {
			found = append(found, checkResult(op, where, s)...)
		}
	}
	return found
}

// checkDecoded wants the generated client to have a field for the JSON of the server's response, and to fill no other.
func checkDecoded(op operation, where string, s *server) []finding {
	want, have := object{}, object{}
	if content := op.Responses.Status(s.status).Value.Content; len(content) > 0 {
		want["JSON"+strconv.Itoa(s.status)] = s.body
		if len(content) > 1 || content[jsonType] == nil {
			return []finding{{where, "it comes as " + mediaTypes(content), "decodes " + jsonType + " alone"}}
		}
	}
	result, err := newGenerated(api.ServerURL, s).call(op.OperationID, op.arguments(least))
	if err != nil {
		return []finding{{where, s.body, err}}
	}
	for field, value := range reflect.ValueOf(result).Elem().Fields() {
		if strings.HasPrefix(field.Name, "JSON") && !value.IsNil() {
			have[field.Name] = encode(value.Interface())
		}
	}
	if !reflect.DeepEqual(want, have) {
		return []finding{{where, want, have}}
	}
	return nil
}

// checkResult wants the wrapper to return the server's response, or one property of it, whole.
func checkResult(op operation, where string, s *server) []finding {
	result, err := newWrapper(api.ServerURL, s).call(op.OperationID, op.arguments(least))
	if err != nil {
		return []finding{{where, s.body, err}}
	}
	have := encode(result)
	if reflect.DeepEqual(s.body, have) {
		return nil
	}
	whole, _ := s.body.(object)
	for _, part := range whole {
		if reflect.DeepEqual(part, have) {
			return nil
		}
	}
	return []finding{{where, s.body, have}}
}
