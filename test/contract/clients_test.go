package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// apiKey and roomID are like nothing that a random body holds.
const (
	apiKey = "KEY0123456789abcdef-of-the-contract-tests"
	roomID = "3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"
)

// exchange is an http.RoundTripper that answers from memory and keeps what was sent.
type exchange struct {
	sent []*http.Request // each with a body that can be read again

	status      int
	contentType string
	body        []byte
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	kept := req.Clone(context.Background())
	kept.Body = io.NopCloser(bytes.NewReader(body))
	e.sent = append(e.sent, kept)
	return &http.Response{
		StatusCode: e.status, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {e.contentType}},
		Body:   io.NopCloser(bytes.NewReader(e.body)), ContentLength: int64(len(e.body)),
		Request: req,
	}, nil
}

// client is one of the two that the contract covers.
type client struct {
	name   string
	suffix string // of a method's name, after the operation
	value  any
}

// clients returns both, each as a service sets it up, over e.
func clients(e *exchange) []client {
	return []client{wrapperOver(e), bareOver(e)}
}

func wrapperOver(e *exchange) client {
	wrapper, err := roomtokens.New(apiKey,
		roomtokens.WithHTTPClient(&http.Client{Transport: e}), roomtokens.WithMaxRetries(0))
	if err != nil {
		panic(err)
	}
	return client{"roomtokens.Client", "", wrapper}
}

func bareOver(e *exchange) client {
	bare, err := api.NewClientWithResponses(api.ServerURL,
		api.WithHTTPClient(&http.Client{Transport: e}), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	if err != nil {
		panic(err)
	}
	return client{"api.Client", "WithResponse", bare}
}

// errNoCall is why a call did not come about: the method does not fit the spec, or the body does not fit the method.
var errNoCall = errors.New("cannot be called so")

// call carries out an operation with body, decoded into the method's own type, and returns what the method returns.
func (c client) call(operation string, body []byte) (reflect.Value, error) {
	method := reflect.ValueOf(c.value).MethodByName(operation + c.suffix)
	if operation == "" || !method.IsValid() {
		return reflect.Value{}, fmt.Errorf("%w: no such method", errNoCall)
	}
	types := arguments(method.Type())
	if len(types) != 2 || types[0] != reflect.TypeFor[uuid.UUID]() {
		return reflect.Value{}, fmt.Errorf("%w: it does not take a room and a body", errNoCall)
	}
	params := reflect.New(types[1])
	if err := json.Unmarshal(body, params.Interface()); err != nil {
		return reflect.Value{}, fmt.Errorf("%w: %w", errNoCall, err)
	}
	out := method.Call([]reflect.Value{
		reflect.ValueOf(context.Background()), reflect.ValueOf(uuid.MustParse(roomID)), params.Elem(),
	})
	err, _ := reflect.TypeAssert[error](out[1])
	return out[0], err
}
