package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkRequests compares what both clients send with what the spec says of each operation.
func checkRequests(doc *openapi3.T, _ *source) []finding {
	if len(doc.Servers) != 1 {
		return []finding{{"servers", len(doc.Servers), "knows one"}}
	}
	var found []finding
	for _, op := range operationsOf(doc) {
		if op.RequestBody != nil && !op.RequestBody.Value.Required {
			found = append(found, finding{op.OperationID + " request body", "it may be left out", "always sends it"})
		}
		for _, levels := range []int{full, least} {
			e := &exchange{status: http.StatusTeapot}
			for _, c := range []client{wrapper(e), generated(e)} {
				found = append(found, checkRequest(op, c, e, levels)...)
			}
		}
	}
	return found
}

// checkRequest carries out the operation and compares the request that comes of it.
func checkRequest(op operation, c client, e *exchange, levels int) []finding {
	where := op.OperationID + " request of " + c.name
	e.sent, e.bodies = nil, nil
	_, err := c.call(op.OperationID, op.arguments(levels))
	if errors.Is(err, errNoCall) || len(e.sent) != 1 {
		return []finding{{where, op.arguments(levels), fmt.Sprintf("sends %d requests: %v", len(e.sent), err)}}
	}
	req, contentType := e.sent[0], ""
	if op.RequestBody != nil {
		contentType = strings.Join(slices.Sorted(maps.Keys(op.RequestBody.Value.Content)), " or ")
	}
	return slices.Concat(
		differ(where+" method", op.method, req.Method),
		differ(where+" URL", op.url(levels), req.URL.String()),
		differ(where+" authorization", op.authorization(), authorizationOf(req)),
		differ(where+" Content-Type", contentType, req.Header.Get("Content-Type")),
		checkAccept(op, where, req.Header.Get("Accept")),
		checkBody(op, where, levels, e.bodies[0]),
	)
}

// url is where a request with op.arguments goes. No request matches it if a parameter stands in a header or a cookie.
func (op operation) url(levels int) string {
	path, query := op.path, url.Values{}
	for _, p := range op.parameters() {
		value := fmt.Sprint(sample(p.Schema.Value, levels))
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

// authorizationOf puts what req carries in the words of operation.authorization.
func authorizationOf(req *http.Request) string {
	sent := req.Header.Get("Authorization")
	if sent == "Bearer "+apiKey {
		return "bearer"
	}
	return sent
}

// checkAccept wants a request that says what it accepts to accept every documented response.
func checkAccept(op operation, where, accept string) []finding {
	var found []finding
	for _, status := range op.statuses() {
		for mediaType := range op.Responses.Value(status).Value.Content {
			if accept != "" && accept != mediaType {
				found = append(found, finding{where + " Accept", mediaType, accept})
			}
		}
	}
	return found
}

// checkBody compares the body that was sent with the sample that the client was given.
func checkBody(op operation, where string, levels int, sent string) []finding {
	if op.RequestBody == nil {
		return differ(where+" body", "", sent)
	}
	var body any
	if err := json.Unmarshal([]byte(sent), &body); err != nil {
		return []finding{{where + " body", "it is JSON", err}}
	}
	if want := sample(op.body(), levels); !reflect.DeepEqual(want, body) {
		return []finding{{where + " body", want, sent}}
	}
	return nil
}
