package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go"
)

// checkResponses serves documented answers, with bodies that the spec allows, to both clients, and compares the values
// that come back. What the wrapper returns for a success must be part of it; a refusal must be an *Error with its reason.
func checkResponses(doc *openapi3.T, c *code) []finding {
	var found []finding
	for _, op := range operationsOf(doc) {
		for _, status := range op.statuses() {
			for mediaType, content := range op.Responses.Map()[status].Value.Content {
				if content.Schema == nil {
					continue // checkModels has it
				}
				for _, body := range examples(content.Schema, everything, 2) {
					found = append(found, checkWrapper(op, c, status, mediaType, body)...)
				}
				for _, body := range examples(content.Schema, anything, 2) {
					found = append(found, checkParsed(op, c, status, mediaType, body)...)
				}
			}
		}
	}
	return found
}

// serve calls the operation through a client to which the server answers with body. What the request carries is like
// nothing in the answer, out of which the wrapper takes a secret that comes back.
func serve(op operation, c *code, over func(*exchange) client, status, mediaType string, body []byte) (reflect.Value, error) {
	number, err := strconv.Atoi(status)
	if err != nil || c.wrapper[op.OperationID] == nil {
		return reflect.Value{}, errNoCall
	}
	e := &exchange{status: number, contentType: mediaType, body: body}
	return over(e).call(op.OperationID, sampleRequest(op.OperationID, c))
}

func checkWrapper(op operation, c *code, status, mediaType string, body []byte) []finding {
	result, err := serve(op, c, wrapperOver, status, mediaType, body)
	if !isSuccess(status) {
		return checkRefusal(op, status, mediaType, body, err)
	}
	if err != nil {
		return []finding{op.finding(status, fmt.Sprintf("%s, such as %s", mediaType, body), "returns "+err.Error())}
	}
	answer := c.answers(op.OperationID)["JSON"+status]
	if answer == nil {
		return nil // checkModels has it
	}
	part, _ := c.envelope(op.OperationID, answer.Elem())
	schema := op.Responses.Map()[status].Value.Content[mediaType].Schema.Value.Properties[part]
	if schema == nil {
		return []finding{op.finding(status, "there is no "+part, "returns "+part)}
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(body, &parts); err != nil {
		return []finding{op.finding(status, string(body), "finds no "+part+" in it: "+err.Error())}
	}
	return compareValue(op, status+" in roomtokens.Client", schema, parts[part], result)
}

func checkRefusal(op operation, status, mediaType string, body []byte, err error) []finding {
	refusal, ok := errors.AsType[*roomtokens.Error](err)
	if !ok {
		return []finding{op.finding(status, "the operation is refused", fmt.Sprintf("returns no *Error: %v", err))}
	}
	if refusal.Operation != op.OperationID || strconv.Itoa(refusal.StatusCode) != status || len(refusal.Problems) != 1 {
		return []finding{op.finding(status, string(body), fmt.Sprintf("returns %d problems: %v", len(refusal.Problems), err))}
	}
	schema := op.Responses.Map()[status].Value.Content[mediaType].Schema
	return compareValue(op, status+" in roomtokens.Client", schema, body, reflect.ValueOf(refusal.Problems[0]))
}

// checkParsed wants the generated client to decode the answer into the field for its status, and into no other.
func checkParsed(op operation, c *code, status, mediaType string, body []byte) []finding {
	result, err := serve(op, c, bareOver, status, mediaType, body)
	if err != nil {
		return []finding{op.finding(status, fmt.Sprintf("%s, such as %s", mediaType, body), "returns "+err.Error())}
	}
	var found []finding
	for name := range c.answers(op.OperationID) {
		field := result.Elem().FieldByName(name)
		switch {
		case name == "JSON"+status && field.IsNil():
			found = append(found, op.finding(status, mediaType, "does not decode it"))
		case name == "JSON"+status:
			schema := op.Responses.Map()[status].Value.Content[mediaType].Schema
			found = append(found, compareValue(op, status+" in api.Client", schema, body, field)...)
		case !field.IsNil():
			found = append(found, op.finding(status, "it is no "+name, "takes it for one"))
		}
	}
	return found
}

// checkStatuses compares how an answer with each status ends a call with whether the spec documents it as a success.
func checkStatuses(doc *openapi3.T, c *code) []finding {
	var found []finding
	for _, op := range operationsOf(doc) {
		for status, have := range c.outcomes[op.OperationID] {
			want := refused
			if documented := op.Responses.Map()[strconv.Itoa(status)]; documented != nil && isSuccess(strconv.Itoa(status)) {
				want = succeeds
			}
			if want != have {
				found = append(found, op.finding(fmt.Sprintf("%d %s", status, http.StatusText(status)), string(want), string(have)))
			}
		}
	}
	return found
}
