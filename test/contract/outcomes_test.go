package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// outcome is how a call of the wrapper ended.
type outcome string

const (
	succeeds outcome = "returns a result"
	refused  outcome = "returns an *Error"
	other    outcome = "returns neither a result nor an *Error that fits"
)

// sweep answers a call of the operation with each status from 200 to 599 and a body that is good for a success.
func sweep(operation string, c *code) map[int]outcome {
	request, answer := sampleRequest(operation, c), successBody(operation, c)
	outcomes := map[int]outcome{}
	for status := 200; status <= 599; status++ {
		e := &exchange{status: status, contentType: jsonType, body: answer}
		result, err := wrapperOver(e).call(operation, request)
		outcomes[status] = outcomeOf(operation, status, result, err)
	}
	return outcomes
}

func outcomeOf(operation string, status int, result reflect.Value, err error) outcome {
	refusal, ok := errors.AsType[*roomtokens.Error](err)
	switch {
	case err == nil && result.IsValid() && !result.IsNil():
		return succeeds
	case ok && refusal.StatusCode == status && refusal.Operation == operation && result.IsNil():
		return refused
	}
	return other
}

// successBody is a body for the answer that the wrapper's result is part of.
func successBody(operation string, c *code) []byte {
	for name, answer := range c.answers(operation) {
		if _, ok := c.envelope(operation, answer.Elem()); ok && strings.HasPrefix(name, "JSON2") {
			return sample(answer.Elem())
		}
	}
	return nil
}

// sampleRequest is a body for a call of the wrapper.
func sampleRequest(operation string, c *code) []byte {
	params := arguments(c.wrapper[operation])
	return sample(params[len(params)-1])
}

// sample returns JSON of t in which no field has its zero value.
func sample(t reflect.Type) []byte {
	value := reflect.New(t).Elem()
	setSample(value)
	body, err := json.Marshal(value.Interface())
	if err != nil {
		panic(fmt.Sprintf("sample of %v: %v", t, err))
	}
	return body
}

func setSample(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1767225600, 0).UTC()))
			return
		}
		for _, field := range v.Fields() {
			setSample(field)
		}
	case reflect.String:
		v.SetString("a sample of the contract tests")
	case reflect.Int:
		v.SetInt(600)
	}
}
