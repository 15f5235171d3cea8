package contract_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// code is what reflection and calls find in the Go code, without a look at the spec.
type code struct {
	// wrapper, bare and parsed are the methods of roomtokens.Client that carry out an operation, and those of the two
	// generated interfaces.
	wrapper, bare, parsed methods
	// outcomes holds, for each method of wrapper, how an answer with each status ends a call.
	outcomes map[string]map[int]outcome
}

// methods holds the signatures of methods, without receivers, by name.
type methods map[string]reflect.Type

// inspect looks at the code once: it does not change while the tests run.
var inspect = sync.OnceValue(func() *code {
	c := &code{
		wrapper:  methodsOf(&roomtokens.Client{}, isOperation),
		bare:     interfaceMethods(reflect.TypeFor[api.ClientInterface]()),
		parsed:   interfaceMethods(reflect.TypeFor[api.ClientWithResponsesInterface]()),
		outcomes: map[string]map[int]outcome{},
	}
	for name := range c.wrapper {
		c.outcomes[name] = sweep(name, c)
	}
	return c
})

// methodsOf lists the methods of value whose signatures fit.
func methodsOf(value any, fits func(reflect.Type) bool) methods {
	found, v := methods{}, reflect.ValueOf(value)
	for i := range v.NumMethod() {
		if signature := v.Method(i).Type(); fits(signature) {
			found[v.Type().Method(i).Name] = signature
		}
	}
	return found
}

func interfaceMethods(t reflect.Type) methods {
	found := methods{}
	for m := range t.Methods() {
		found[m.Name] = m.Type
	}
	return found
}

// isOperation tells the methods that carry out an operation from the others: they take a context and a room, and return
// a result or an error.
func isOperation(f reflect.Type) bool {
	return f.NumIn() >= 2 && f.In(0) == reflect.TypeFor[context.Context]() && f.In(1) == reflect.TypeFor[uuid.UUID]() &&
		f.NumOut() == 2 && f.Out(0).Kind() == reflect.Pointer && f.Out(1) == reflect.TypeFor[error]()
}

// result is what the wrapper returns for the operation, or nil.
func (c *code) result(operation string) reflect.Type {
	if f := c.wrapper[operation]; f != nil {
		return f.Out(0).Elem()
	}
	return nil
}

// answers lists the types that the generated client decodes the operation's answers into, by field name.
func (c *code) answers(operation string) map[string]reflect.Type {
	f := c.parsed[operation+"WithResponse"]
	if f == nil {
		f = c.parsed[operation+"WithBodyWithResponse"]
	}
	found := map[string]reflect.Type{}
	if f == nil {
		return found
	}
	for field := range f.Out(0).Elem().Fields() {
		if field.Type != reflect.TypeFor[[]byte]() && field.Type != reflect.TypeFor[*http.Response]() {
			found[field.Name] = field.Type
		}
	}
	return found
}

// envelope finds the field of answer that holds what the wrapper returns for the operation.
func (c *code) envelope(operation string, answer reflect.Type) (field string, ok bool) {
	for f := range answer.Fields() {
		if f.Type == c.result(operation) {
			return jsonName(f), true
		}
	}
	return "", false
}

// arguments are the types between the context and the request editors; a body of any type shows as io.Reader.
func arguments(f reflect.Type) []reflect.Type {
	var types []reflect.Type
	last := f.NumIn()
	if f.IsVariadic() {
		last--
	}
	for i := 1; i < last; i++ {
		types = append(types, f.In(i))
	}
	return types
}

// takesReader reports whether arguments end in a content type and a reader.
func takesReader(types []reflect.Type) bool {
	n := len(types)
	return n >= 2 && types[n-2].Kind() == reflect.String && types[n-1] == reflect.TypeFor[io.Reader]()
}

// jsonName is the name by which encoding/json knows the field.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
