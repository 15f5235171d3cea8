package contract_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkOperations compares the operation ids, the parameters and the bodies with the methods of the three clients.
func checkOperations(doc *openapi3.T, c *code) []finding {
	var found []finding
	wrapper, bare, parsed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, op := range operationsOf(doc) {
		wrapper[op.OperationID] = true
		for _, suffix := range bodySuffixes(op) {
			bare[op.OperationID+suffix] = true
			parsed[op.OperationID+suffix+"WithResponse"] = true
		}
		found = append(found, checkSignatures(op, c)...)
	}
	found = append(found, compareNames("roomtokens.Client", wrapper, c.wrapper)...)
	found = append(found, compareNames("api.ClientInterface", bare, c.bare)...)
	return append(found, compareNames("api.ClientWithResponsesInterface", parsed, c.parsed)...)
}

// bodySuffixes tells apart the methods for one operation: for any body, and for a typed one, which only JSON has.
func bodySuffixes(op operation) []string {
	switch {
	case op.RequestBody == nil:
		return []string{""}
	case op.body() == nil:
		return []string{"WithBody"}
	}
	return []string{"", "WithBody"}
}

func compareNames(client string, want map[string]bool, have methods) []finding {
	var found []finding
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if have[name] == nil {
			found = append(found, finding{name, client, "there is such an operation", "has no such method"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !want[name] {
			found = append(found, finding{name, client, "there is no such operation", "has such a method"})
		}
	}
	return found
}

// checkSignatures compares what each client's method takes with the operation's parameters and body.
func checkSignatures(op operation, c *code) []finding {
	var found []finding
	for client, f := range map[string]reflect.Type{
		"roomtokens.Client":                c.wrapper[op.OperationID],
		"api.ClientInterface":              c.bare[op.OperationID],
		"api.ClientWithResponsesInterface": c.parsed[op.OperationID+"WithResponse"],
	} {
		if f == nil {
			continue // compareNames has it
		}
		types := arguments(f)
		found = append(found, checkBodyArgument(op, client, types)...)
		found = append(found, checkParameters(op, client, types)...)
	}
	return found
}

// checkBodyArgument wants the last argument to be the body. Since it is taken by value, it is always sent.
func checkBodyArgument(op operation, client string, types []reflect.Type) []finding {
	hasBody := !takesReader(types) && len(types) > 0 && types[len(types)-1].Kind() == reflect.Struct
	switch {
	case op.RequestBody == nil && hasBody:
		return []finding{op.finding("request body", "there is none", client+" takes one")}
	case op.RequestBody != nil && !hasBody:
		return []finding{op.finding("request body", "there is one", client+" takes none")}
	case op.RequestBody != nil && !op.RequestBody.Value.Required:
		return []finding{op.finding("request body", "it may be left out", client+" always sends one")}
	}
	return nil
}

// checkParameters wants one argument by value for each path parameter, and nothing else before the body.
func checkParameters(op operation, client string, types []reflect.Type) []finding {
	var found []finding
	parameters := op.parameters()
	taken := max(len(types)-1, 0)
	if len(parameters) != taken {
		found = append(found, op.finding("parameters",
			fmt.Sprintf("there are %d", len(parameters)), fmt.Sprintf("%s takes %d", client, taken)))
	}
	for i, p := range parameters {
		where := "parameter " + p.Name
		if p.In != openapi3.ParameterInPath {
			found = append(found, op.finding(where, "it stands in the "+p.In, client+" puts parameters in the path"))
		}
		if !p.Required {
			found = append(found, op.finding(where, "it may be left out", client+" always sends it"))
		}
		if i < taken {
			found = append(found, compareType(op.name(), where, p.Schema, types[i])...)
		}
	}
	return found
}
