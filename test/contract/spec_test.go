package contract_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// jsonType is the media type for which the generator writes typed bodies.
const jsonType = "application/json"

// operation is an operation of a spec and where it stands.
type operation struct {
	*openapi3.Operation
	doc          *openapi3.T
	item         *openapi3.PathItem
	method, path string
}

func operationsOf(doc *openapi3.T) []operation {
	var found []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			found = append(found, operation{op, doc, item, method, path})
		}
	}
	slices.SortFunc(found, func(a, b operation) int { return cmp.Compare(a.OperationID, b.OperationID) })
	return found
}

// parameters returns the parameters of the operation and of its path. Those in the path stand in the path's order.
func (op operation) parameters() []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, ref := range slices.Concat(op.item.Parameters, op.Parameters) {
		all = append(all, ref.Value)
	}
	return all
}

// takes are the schemas of what the methods for the operation take: each parameter in the path, the other parameters as
// one object, the body.
func (op operation) takes() []*openapi3.SchemaRef {
	var schemas []*openapi3.SchemaRef
	params := openapi3.NewObjectSchema()
	for _, p := range op.parameters() {
		if p.In == "path" {
			schemas = append(schemas, p.Schema)
			continue
		}
		params.WithPropertyRef(p.Name, p.Schema)
		if p.Required {
			params.Required = append(params.Required, p.Name)
		}
	}
	if len(params.Properties) > 0 {
		schemas = append(schemas, params.NewRef())
	}
	if op.RequestBody != nil {
		schemas = append(schemas, op.body())
	}
	return schemas
}

// arguments are a sample of what the methods for the operation take.
func (op operation) arguments(levels int) []any {
	var arguments []any
	for _, schema := range op.takes() {
		arguments = append(arguments, sample(schema, levels))
	}
	return arguments
}

// authorization returns the header that the operation's security asks for, or else what no client here can do.
func (op operation) authorization() string {
	security := op.doc.Security
	if op.Security != nil {
		security = *op.Security
	}
	switch asked := fmt.Sprint(security); asked {
	case "[]":
		return ""
	case "[map[bearerAuth:[]]]": // the name that the generator looks for
		return "Bearer " + apiKey
	default:
		return asked
	}
}

// body returns the schema of the JSON request body, or nil.
func (op operation) body() *openapi3.SchemaRef {
	if op.RequestBody == nil {
		return nil
	}
	return jsonSchema(op.RequestBody.Value.Content)
}

// statuses lists the documented statuses in order.
func (op operation) statuses() []string { return slices.Sorted(maps.Keys(op.Responses.Map())) }

// response returns the schema of the JSON response with status, or nil.
func (op operation) response(status string) *openapi3.SchemaRef {
	if ref := op.Responses.Value(status); ref != nil {
		return jsonSchema(ref.Value.Content)
	}
	return nil
}

func jsonSchema(content openapi3.Content) *openapi3.SchemaRef {
	if content[jsonType] == nil {
		return nil
	}
	return content[jsonType].Schema
}

// mediaTypes names the media types of a body.
func mediaTypes(content openapi3.Content) string {
	return strings.Join(slices.Sorted(maps.Keys(content)), " or ")
}

// success returns the only status from 200 to 299, or says that it is not the only one.
func (op operation) success() string {
	found := slices.DeleteFunc(op.statuses(), func(status string) bool { return !strings.HasPrefix(status, "2") })
	return strings.Join(found, " and ")
}
