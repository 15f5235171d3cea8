package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// limits are the wrapper's constants by their names, which are a prefix and the name of a field.
func limits() map[string]float64 {
	return map[string]float64{
		"MinTokenTTLSecs":            api.CreateRoomClientTokenRequestTokenTTLSecsMin,
		"MaxTokenTTLSecs":            api.CreateRoomClientTokenRequestTokenTTLSecsMax,
		"DefaultTokenTTLSecs":        api.CreateRoomClientTokenRequestTokenTTLSecsDefault,
		"MinRefreshTokenTTLSecs":     api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin,
		"MaxRefreshTokenTTLSecs":     api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax,
		"DefaultRefreshTokenTTLSecs": api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault,
	}
}

// checkLimits compares the bounds and defaults of each property of a request with the constant for it, and with what the
// wrapper sends and refuses.
func checkLimits(doc *openapi3.T, c *code) []finding {
	var found []finding
	used := map[string]bool{}
	for _, op := range operationsOf(doc) {
		for _, p := range requestProperties(op, c) {
			found = append(found, checkConstants(p, used)...)
			found = append(found, checkBounds(p)...)
			found = append(found, checkDefault(p)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(limits())) {
		if !used[name] {
			found = append(found, finding{"document", "limits", "there is none for it", "has roomtokens." + name})
		}
	}
	return found
}

// property is one property of a request, and the field that holds it.
type property struct {
	op     operation
	name   string
	schema *openapi3.Schema
	field  string
}

func requestProperties(op operation, c *code) []property {
	f := c.wrapper[op.OperationID]
	if f == nil || op.body() == nil || len(arguments(f)) == 0 {
		return nil
	}
	types := arguments(f)
	params := types[len(types)-1]
	if params.Kind() != reflect.Struct {
		return nil
	}
	var found []property
	for field := range params.Fields() {
		if ref := op.body().Value.Properties[jsonName(field)]; ref != nil {
			found = append(found, property{op, jsonName(field), ref.Value, field.Name})
		}
	}
	return found
}

func checkConstants(p property, used map[string]bool) []finding {
	var found []finding
	value, _ := p.schema.Default.(float64)
	for prefix, want := range map[string]*float64{
		"Min": p.schema.Min, "Max": p.schema.Max, "Default": &value,
	} {
		if prefix == "Default" && p.schema.Default == nil {
			want = nil
		}
		have, ok := limits()[prefix+p.field]
		used[prefix+p.field] = used[prefix+p.field] || want != nil
		switch {
		case want == nil && ok:
			found = append(found, p.finding(prefix, "there is none", fmt.Sprintf("has %v", have)))
		case want != nil && !ok:
			found = append(found, p.finding(prefix, fmt.Sprint(*want), "has no constant for it"))
		case want != nil && *want != have:
			found = append(found, p.finding(prefix, fmt.Sprint(*want), fmt.Sprintf("has %v", have)))
		}
	}
	return found
}

func (p property) finding(what, spec, code string) finding {
	return p.op.finding(p.name+" "+what, spec, code)
}

// checkBounds sends each bound, and wants what lies one beyond it refused unsent.
func checkBounds(p property) []finding {
	var found []finding
	for bound, beyond := range map[*float64]float64{p.schema.Min: -1, p.schema.Max: 1} {
		if bound == nil {
			continue
		}
		if sent, err := p.send(*bound); sent != fmt.Sprint(*bound) {
			found = append(found, p.finding("bound", fmt.Sprintf("%v is allowed", *bound), fmt.Sprintf("sends %s: %v", sent, err)))
		}
		sent, err := p.send(*bound + beyond)
		if sent != "no request" || !errors.Is(err, roomtokens.ErrInvalidRequest) {
			found = append(found, p.finding("bound", fmt.Sprintf("%v is not allowed", *bound+beyond), fmt.Sprintf("sends %s: %v", sent, err)))
		}
	}
	return found
}

// checkDefault wants a property that has a default to be left to the server where the caller leaves it out.
func checkDefault(p property) []finding {
	if p.schema.Default == nil {
		return nil
	}
	if sent, err := p.send(nil); sent != "nothing" {
		return []finding{p.finding("default", "it may be left out", fmt.Sprintf("sends %s: %v", sent, err))}
	}
	return nil
}

// send calls the wrapper with value for the property, or without it, and says what arrives in its place.
func (p property) send(value any) (sent string, err error) {
	var params map[string]any
	if err := json.Unmarshal(examples(p.op.body(), least, 1)[0], &params); err != nil {
		return "nothing that can be read", err
	}
	if params[p.name] = value; value == nil {
		delete(params, p.name)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return "nothing that can be written", err
	}
	e := &exchange{status: http.StatusTeapot}
	_, err = wrapperOver(e).call(p.op.OperationID, body)
	if len(e.sent) == 0 {
		return "no request", err
	}
	var arrived map[string]any
	if err := json.NewDecoder(e.sent[0].Body).Decode(&arrived); err != nil {
		return "no JSON", err
	}
	if arrived[p.name] == nil {
		return "nothing", err
	}
	return fmt.Sprint(arrived[p.name]), err
}
