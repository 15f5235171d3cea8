package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const apiKey = "KEY0123456789abcdef"

// client is one of the two that carry out the operations of the spec. It has a method for each operation, whose name is
// the operation id with a suffix.
type client struct {
	methods any
	suffix  string
	server  *server
}

// newWrapper returns the client of package roomtokens.
func newWrapper(baseURL string, s *server) client {
	return client{must(roomtokens.New(apiKey, roomtokens.WithBaseURL(baseURL), roomtokens.WithMaxRetries(0),
		roomtokens.WithHTTPClient(&http.Client{Transport: s}))), "", s}
}

// newGenerated returns the client of package api.
func newGenerated(baseURL string, s *server) client {
	return client{must(api.NewClientWithResponses(baseURL, api.WithHTTPClient(&http.Client{Transport: s}),
		api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))), "WithResponse", s}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// server is an http.RoundTripper that keeps each request, and returns the same response to all.
type server struct {
	status      int
	contentType string
	body        any
	requests    []request
}

type request struct {
	*http.Request
	body string
}

// refusing returns a server whose response no operation documents.
func refusing() *server { return &server{status: http.StatusTeapot} }

// RoundTrip implements http.RoundTripper.
func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent bytes.Buffer
	if req.Body != nil {
		if _, err := sent.ReadFrom(req.Body); err != nil {
			return nil, err
		}
	}
	s.requests = append(s.requests, request{req, sent.String()})
	body, err := json.Marshal(s.body)
	return &http.Response{
		StatusCode: s.status, Header: http.Header{"Content-Type": {s.contentType}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, err
}

// call carries out the operation with JSON values as arguments, and returns what the method returns.
func (c client) call(operation string, arguments []any) (any, error) {
	method := reflect.ValueOf(c.methods).MethodByName(operation + c.suffix)
	if operation == "" || !method.IsValid() {
		return nil, fmt.Errorf("%T has no method for it", c.methods)
	}
	types := argumentTypes(method.Type())
	if len(types) != len(arguments) {
		return nil, fmt.Errorf("%T takes %v", c.methods, types)
	}
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for i, argument := range arguments {
		value, err := decode(types[i], argument)
		if err != nil {
			return nil, fmt.Errorf("%T: %w", c.methods, err)
		}
		in = append(in, value)
	}
	out := method.Call(in)
	err, _ := reflect.TypeAssert[error](out[1])
	return out[0].Interface(), err
}

// send carries out the operation, and returns the one request that comes of it.
func (c client) send(operation string, arguments []any) (request, error) {
	_, err := c.call(operation, arguments)
	if sent := len(c.server.requests); sent != 1 {
		return request{}, fmt.Errorf("%d requests are sent: %w", sent, err)
	}
	return c.server.requests[0], nil
}

// argumentTypes are the types between the context and the request editors.
func argumentTypes(method reflect.Type) []reflect.Type {
	types := slices.Collect(method.Ins())
	return types[1 : len(types)-1]
}

// decode turns a JSON value into a Go value, which has a place for all of it. A reader stays what it is.
func decode(t reflect.Type, value any) (reflect.Value, error) {
	if reader, ok := value.(io.Reader); ok {
		return reflect.ValueOf(reader), nil
	}
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
func encode(value any) any {
	var plain any
	if err := json.Unmarshal(must(json.Marshal(value)), &plain); err != nil {
		panic(err)
	}
	return plain
}
