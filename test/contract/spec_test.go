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

// authorization returns what the operation's security asks for: "bearer", nothing, or what no client here can do.
func (op operation) authorization() string {
	security := op.doc.Security
	if op.Security != nil {
		security = *op.Security
	}
	if len(security) == 0 {
		return ""
	}
	if len(security) == 1 && len(security[0]) == 1 {
		for name := range security[0] {
			ref := op.doc.Components.SecuritySchemes[name]
			if ref != nil && ref.Value.Type == "http" && strings.EqualFold(ref.Value.Scheme, "bearer") {
				return "bearer"
			}
		}
	}
	return fmt.Sprintf("one of %v", security)
}

// body returns the schema of the JSON request body, or nil.
func (op operation) body() *openapi3.Schema {
	if op.RequestBody == nil {
		return nil
	}
	return jsonSchema(op.RequestBody.Value.Content)
}

// statuses lists the documented statuses in order.
func (op operation) statuses() []string { return slices.Sorted(maps.Keys(op.Responses.Map())) }

// response returns the schema of the JSON response with status, or nil.
func (op operation) response(status string) *openapi3.Schema {
	return jsonSchema(op.Responses.Value(status).Value.Content)
}

func jsonSchema(content openapi3.Content) *openapi3.Schema {
	if content[jsonType] == nil || content[jsonType].Schema == nil {
		return nil
	}
	return content[jsonType].Schema.Value
}

// success returns the only status from 200 to 299, or says that it is not the only one.
func (op operation) success() string {
	found := slices.DeleteFunc(op.statuses(), func(status string) bool { return !strings.HasPrefix(status, "2") })
	return strings.Join(found, " and ")
}
