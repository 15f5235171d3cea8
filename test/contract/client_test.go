package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const apiKey = "KEY0123456789abcdef"

// client is one of the two that carry out the operations of the spec, each with a method for each operation.
type client struct {
	name, suffix string // of the type, and of its methods' names after the operation id
	methods      any
}

// wrapper returns the client of package roomtokens over e.
func wrapper(e *exchange) client {
	c, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{Transport: e}), roomtokens.WithMaxRetries(0))
	if err != nil {
		panic(err)
	}
	return client{"roomtokens.Client", "", c}
}

// generated returns the client of package api over e.
func generated(e *exchange) client {
	c, err := api.NewClientWithResponses(api.ServerURL,
		api.WithHTTPClient(&http.Client{Transport: e}), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	if err != nil {
		panic(err)
	}
	return client{"api.ClientWithResponses", "WithResponse", c}
}

// exchange is an http.RoundTripper that keeps each request and its body, and returns the same response to all.
type exchange struct {
	status int
	body   any

	sent   []*http.Request
	bodies []string
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent strings.Builder
	if req.Body != nil {
		if _, err := io.Copy(&sent, req.Body); err != nil {
			return nil, err
		}
	}
	e.sent, e.bodies = append(e.sent, req), append(e.bodies, sent.String())
	response := httptest.NewRecorder()
	response.Header().Set("Content-Type", jsonType)
	response.WriteHeader(e.status)
	err := json.NewEncoder(response).Encode(e.body)
	return response.Result(), err
}

// errNoCall says that a method does not take what the spec says that the operation takes.
var errNoCall = errors.New("cannot be called as the spec says")

// call carries out the operation with JSON values as arguments, and returns what the method returns.
func (c client) call(operation string, arguments []any) (any, error) {
	method := reflect.ValueOf(c.methods).MethodByName(operation + c.suffix)
	if operation == "" || !method.IsValid() {
		return nil, fmt.Errorf("%w: %s has no method for it", errNoCall, c.name)
	}
	types := argumentTypes(method.Type())
	if len(types) != len(arguments) {
		return nil, fmt.Errorf("%w: %s takes %v", errNoCall, c.name, types)
	}
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for i, argument := range arguments {
		value, err := decode(types[i], argument)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errNoCall, c.name, err)
		}
		in = append(in, value)
	}
	out := method.Call(in)
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return out[0].Interface(), err
}

// argumentTypes are the types between the context and the request editors.
func argumentTypes(method reflect.Type) []reflect.Type {
	types := slices.Collect(method.Ins())
	if method.IsVariadic() {
		types = types[:len(types)-1]
	}
	return types[1:]
}

// arguments are a sample of what the operation takes, in the order of the generated methods: each parameter in the
// path, the other parameters as an object, the body.
func (op operation) arguments(levels int) []any {
	var arguments []any
	var others map[string]any
	for _, p := range op.parameters() {
		if p.In == "path" {
			arguments = append(arguments, sample(p.Schema.Value, levels))
			continue
		}
		if others == nil {
			others = map[string]any{}
		}
		if levels > least || p.Required {
			others[p.Name] = sample(p.Schema.Value, levels)
		}
	}
	if others != nil {
		arguments = append(arguments, others)
	}
	if op.RequestBody != nil {
		arguments = append(arguments, sample(op.body(), levels))
	}
	return arguments
}

// decode turns a JSON value into a Go value. What the Go type has no place for is an error.
func decode(t reflect.Type, value any) (reflect.Value, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return reflect.Value{}, err
	}
	target := reflect.New(t)
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target.Interface()); err != nil {
		return reflect.Value{}, fmt.Errorf("decode %s: %w", data, err)
	}
	return target.Elem(), nil
}

// encode turns a Go value into a JSON value.
func encode(value any) (any, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain any
	return plain, json.Unmarshal(data, &plain)
}
