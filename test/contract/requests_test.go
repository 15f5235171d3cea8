package contract_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go/api"
)

// checkRequests compares what the generated client sends with what the spec says of each operation. The wrappers send
// the same, as TestWrappersSendGeneratedRequests says.
func checkRequests(doc *openapi3.T, _ *source) []finding {
	if len(doc.Servers) != 1 {
		return []finding{{"servers", len(doc.Servers), "knows one"}}
	}
	var found []finding
	for _, op := range operationsOf(doc) {
		found = slices.Concat(found, checkRequest(op, full), checkRequest(op, least), checkAnyBody(op))
	}
	return found
}

// checkRequest carries out the operation and compares the request that comes of it.
func checkRequest(op operation, levels int) []finding {
	where := op.OperationID + " request "
	sent, err := newGenerated(api.ServerURL, refusing()).send(op.OperationID, op.arguments(levels))
	if err != nil {
		return []finding{{where, op.arguments(levels), err}}
	}
	contentType := ""
	if op.RequestBody != nil {
		contentType = mediaTypes(op.RequestBody.Value.Content)
	}
	return slices.Concat(
		differ(where+"method", op.method, sent.Method),
		differ(where+"URL", op.url(levels), sent.URL.String()),
		differ(where+"Authorization", op.authorization(), sent.Header.Get("Authorization")),
		differ(where+"Content-Type", contentType, sent.Header.Get("Content-Type")),
		checkBody(op, where+"body", levels, sent.body),
	)
}

// url is where a request with op.arguments goes. No request matches it if a parameter stands in a header or a cookie.
func (op operation) url(levels int) string {
	path, query := op.path, url.Values{}
	for _, p := range op.parameters() {
		value := fmt.Sprint(sample(p.Schema, levels))
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case levels == least && !p.Required:
		case p.In == "query":
			query.Set(p.Name, value)
		default:
			path += " and " + p.Name + " in the " + p.In
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return op.doc.Servers[0].URL + path
}

// checkBody compares the body that was sent with the sample that the client was given.
func checkBody(op operation, where string, levels int, sent string) []finding {
	if op.RequestBody == nil {
		return differ(where, "", sent)
	}
	if !op.RequestBody.Value.Required {
		return []finding{{where, "it may be left out", "always sends it"}}
	}
	var body any
	err := json.Unmarshal([]byte(sent), &body)
	if want := sample(op.body(), levels); err != nil || !reflect.DeepEqual(want, body) {
		return []finding{{where, want, sent}}
	}
	return nil
}

// checkAnyBody wants the generated method that takes a body of any type to send what it is given, under that type.
func checkAnyBody(op operation) []finding {
	if op.RequestBody == nil {
		return nil
	}
	const mediaType, body = "text/x-test", "any body"
	c := newGenerated(api.ServerURL, refusing())
	c.suffix = "WithBodyWithResponse"
	arguments := op.arguments(full)
	arguments = append(arguments[:len(arguments)-1], mediaType, strings.NewReader(body))
	sent, err := c.send(op.OperationID, arguments)
	if err != nil {
		return []finding{{op.OperationID + " with any body", "it has a body", err}}
	}
	return differ(op.OperationID+" with any body", mediaType+": "+body, sent.Header.Get("Content-Type")+": "+sent.body)
}
