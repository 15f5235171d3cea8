package contract_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go"
)

// model is a schema that travels and the Go type that carries it.
type model struct {
	op     operation
	where  string
	schema *openapi3.SchemaRef
	goType reflect.Type
}

// modelsOf pairs each body of the spec with its Go types, where it has any.
func modelsOf(doc *openapi3.T, c *code) []model {
	var found []model
	for _, op := range operationsOf(doc) {
		found = append(found, requestModels(op, c)...)
		answers := c.answers(op.OperationID)
		for _, status := range op.statuses() {
			schema, answer := op.answer(status), answers["JSON"+status]
			if schema != nil && answer != nil {
				found = append(found, model{op, status, schema, answer.Elem()})
			}
			if schema != nil && !isSuccess(status) {
				problem := reflect.TypeFor[roomtokens.Error]()
				problems, _ := problem.FieldByName("Problems")
				found = append(found, model{op, status + " as a problem", schema, problems.Type.Elem()})
			}
		}
	}
	return found
}

func requestModels(op operation, c *code) []model {
	var found []model
	for _, f := range []reflect.Type{c.wrapper[op.OperationID], c.bare[op.OperationID]} {
		if f == nil || op.body() == nil {
			continue
		}
		if types := arguments(f); len(types) > 0 {
			found = append(found, model{op, "request body", op.body(), types[len(types)-1]})
		}
	}
	return found
}

// checkModels compares every property with its field, and the documented answers with the types for them.
func checkModels(doc *openapi3.T, c *code) []finding {
	var found []finding
	for _, op := range operationsOf(doc) {
		found = append(found, checkAnswerTypes(op, c)...)
	}
	for _, m := range modelsOf(doc, c) {
		found = append(found, compareType(m.op.name(), m.where, m.schema, m.goType)...)
	}
	return found
}

// checkAnswerTypes wants one type for each documented JSON answer, no other, and the wrapper's result in each success.
func checkAnswerTypes(op operation, c *code) []finding {
	var found []finding
	answers := c.answers(op.OperationID)
	for _, status := range op.statuses() {
		answer := answers["JSON"+status]
		switch schema := op.answer(status); {
		case schema == nil && answer != nil:
			found = append(found, op.finding(status, "there is no JSON body", "has a type for one"))
		case schema == nil:
			continue
		case answer == nil:
			found = append(found, op.finding(status, "a JSON body", "has no type for it"))
		case isSuccess(status):
			if _, ok := c.envelope(op.OperationID, answer.Elem()); !ok {
				found = append(found, op.finding(status, schema.Ref, "returns a type that is no part of it"))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		if op.Responses.Map()[strings.TrimPrefix(name, "JSON")] == nil {
			found = append(found, op.finding(name, "there is no such answer", "has a type for it"))
		}
	}
	return found
}

// compareType compares a schema with the Go type that carries its values, in depth.
func compareType(operation, where string, ref *openapi3.SchemaRef, t reflect.Type) []finding {
	if want := ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]; want != "" && !sameName(want, t.Name()) {
		return []finding{{operation, where, "it is a " + want, "has " + t.String()}}
	}
	want, code := wantedType(ref.Value), describe(t)
	if want != code {
		return []finding{{operation, where, "it is " + want, "has " + code}}
	}
	switch {
	case t.Kind() == reflect.Struct && len(ref.Value.Properties) > 0:
		return compareFields(operation, where, ref.Value, t)
	case t.Kind() == reflect.Slice && ref.Value.Items != nil:
		return compareType(operation, where+"[]", ref.Value.Items, t.Elem())
	}
	return nil
}

// sameName allows for the way in which the generator spells a schema's name in Go.
func sameName(schema, goName string) bool {
	return strings.EqualFold(strings.ReplaceAll(schema, "_", ""), goName)
}

func compareFields(operation, where string, schema *openapi3.Schema, t reflect.Type) []finding {
	var found []finding
	fields := map[string]reflect.StructField{}
	for f := range t.Fields() {
		name := jsonName(f)
		fields[name] = f
		if schema.Properties[name] == nil {
			found = append(found, finding{operation, where + "." + name, "there is no such property", "has " + t.Name() + "." + f.Name})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		at := where + "." + name
		f, ok := fields[name]
		if !ok {
			found = append(found, finding{operation, at, "there is such a property", "has no such field in " + t.Name()})
			continue
		}
		required, always := slices.Contains(schema.Required, name), !strings.Contains(f.Tag.Get("json"), "omitzero")
		if required != always {
			found = append(found, finding{operation, at, fmt.Sprintf("required: %t", required), fmt.Sprintf("always sends it: %t", always)})
		}
		found = append(found, compareType(operation, at, schema.Properties[name], f.Type)...)
	}
	return found
}
