package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

// level is how much a change matters, and the exit status that says so.
type level int

const (
	inStep level = iota
	compatible
	breaking
)

// change is a single fact in which an operation differs, with the verdict on it.
type change struct {
	endpoint endpoint
	path     []string // of keys, into the operation
	ours     any      // nil where openapi.yaml says nothing
	theirs   any      // nil where upstream says nothing
	level    level
	reason   string
}

// compareAll judges every fact in which an operation of ours differs, each alone, so that the verdict belongs to it.
func compareAll(ours, theirs *document) ([]change, error) {
	endpoints, err := ours.endpoints()
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var changes []change
	for _, e := range endpoints {
		base, err := ours.operation(e)
		if err != nil {
			return nil, fmt.Errorf("openapi.yaml: %s: %w", e, err)
		}
		revision, err := theirs.operation(e)
		if err != nil {
			return nil, fmt.Errorf("upstream: %s: %w", e, err)
		}
		for _, c := range differences(e, nil, base, revision) {
			if err := c.judge(base); err != nil {
				return nil, fmt.Errorf("upstream: %s: cannot be compared: %w", e, err)
			}
			changes = append(changes, c)
		}
	}
	return changes, nil
}

func worst(changes []change) level {
	w := inStep
	for _, c := range changes {
		w = max(w, c.level)
	}
	return w
}

// differences are the single facts in which two mappings differ. A list is one fact.
func differences(e endpoint, path []string, ours, theirs object) []change {
	var changes []change
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		path := append(slices.Clone(path), key)
		from, isObject := ours[key].(object)
		to, areObjects := theirs[key].(object)
		if isObject && areObjects {
			changes = append(changes, differences(e, path, from, to)...)
		} else if !reflect.DeepEqual(ours[key], theirs[key]) {
			changes = append(changes, change{endpoint: e, path: path, ours: ours[key], theirs: theirs[key]})
		}
	}
	return changes
}

// judge decides on a fact by applying it alone. What oasdiff is silent about breaks, until someone has looked.
func (c *change) judge(base object) error {
	switch {
	case c.path[0] == "path":
		c.level, c.reason = compatible, "another name for a variable, which is not sent"
		return nil
	case c.path[0] == "servers" && c.theirs == nil:
		c.level, c.reason = breaking, "requests go to an address that is no longer upstream's"
		return nil
	case c.path[0] == "servers":
		c.level, c.reason = compatible, "one more address"
		return nil
	}
	c.level, c.reason = breaking, "no rule knows this kind of change, so it needs a look"
	found, err := consequences(c.endpoint, base, with(base, c.path, c.theirs))
	for _, f := range found {
		if !c.isHarmless(f, base) {
			c.reason = explain(f)
			return nil
		}
	}
	if len(found) > 0 && !c.requiresMore() {
		c.level, c.reason = compatible, explain(found[0])
	}
	return err
}

// with is a copy of a mapping in which one value is another, or is gone.
func with(m object, path []string, value any) object {
	m = maps.Clone(m)
	inner, _ := m[path[0]].(object)
	if len(path) > 1 {
		value = with(inner, path[1:], value)
	}
	if m[path[0]] = value; value == nil {
		delete(m, path[0])
	}
	return m
}

// requiresMore tells whether a property has to be sent that had not. Of one without a schema oasdiff says nothing,
// though it may say something of another in the same list.
func (c *change) requiresMore() bool {
	ours, _ := c.ours.([]any)
	theirs, _ := c.theirs.([]any)
	return c.path[0] != "responses" && c.path[len(c.path)-1] == "required" &&
		slices.ContainsFunc(theirs, func(name any) bool { return !slices.Contains(ours, name) })
}

var (
	allRules = checker.GetAllRules()
	config   = checker.NewConfig(checker.GetAllChecks())
)

// consequences are what oasdiff finds in a change of an operation.
func consequences(e endpoint, operations ...object) (checker.Changes, error) {
	var specs []*load.SpecInfo
	for _, operation := range operations {
		operation = maps.Clone(operation)
		delete(operation, "servers")
		delete(operation, "path")
		parameters, _ := operation["parameters"].(object)
		operation["parameters"] = slices.Collect(maps.Values(parameters))
		text, err := json.Marshal(object{
			"openapi": "3.1.0",
			"info":    object{"title": "one operation", "version": "1"},
			"paths":   object{e.path: object{e.method: operation}},
		})
		spec := &openapi3.T{}
		if err == nil {
			err = spec.UnmarshalJSON(text)
		}
		if err != nil {
			return nil, fmt.Errorf("is not OpenAPI: %w", err)
		}
		specs = append(specs, &load.SpecInfo{Spec: spec})
	}
	differences, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), specs[0], specs[1])
	if err != nil {
		return nil, err
	}
	return checker.CheckBackwardCompatibilityUntilLevel(config, differences, sources, checker.INFO), nil
}

func explain(c checker.Change) string {
	return c.GetUncolorizedText(checker.NewDefaultLocalizer()) + " [" + c.GetId() + "]"
}

// harmless are the rules that callers do not feel, among those whose kind does not tell.
var harmless = regexp.MustCompile(`^(api-tag-(added|removed)` +
	`|api-security-(added|anonymous-access-added|scope-removed)` +
	`|(endpoint|request-parameter|request-property|response-property)-(deprecated|reactivated)` +
	`|new-optional-request-(parameter|property|default-parameter-to-existing-path)` +
	`|request-body-(added-optional|media-type-added)|request-.*default-value-added` +
	`|request-(optional|required)-property-became-(not-)?write-only` +
	`|response-(optional|required)-property-became-(not-)?read-only` +
	`|response-(header|media-type|non-success-status|optional-property)-added|response-non-success-status-removed` +
	`|response-.*default-value-(added|changed|removed))$`)

// isHarmless tells whether callers do not feel what oasdiff has found: requests may hold more, or responses hold less.
// What schemas say of other schemas, such as anyOf, oasdiff takes for more or less without a look at what they admit.
func (c *change) isHarmless(found checker.Change, base object) bool {
	id := found.GetId()
	i := slices.IndexFunc(allRules, func(rule checker.BackwardCompatibilityRule) bool { return rule.Id == id })
	if i < 0 || found.IsBreaking() {
		return false
	}
	switch rule := allRules[i]; {
	case harmless.MatchString(id):
		return true
	case rule.Kind == checker.KindExistence || rule.Kind == checker.KindStructure || len(rule.Guards) > 0:
		return false
	case rule.Direction == checker.DirectionRequest:
		return rule.Effect == checker.EffectWidens
	default:
		return rule.Effect == checker.EffectNarrows && c.leavesValues(base)
	}
}

// leavesValues tells whether a response that holds less can still hold something, of the form that it had.
func (c *change) leavesValues(schema object) bool {
	last := len(c.path) - 1
	for _, key := range c.path[:last] {
		schema, _ = schema[key].(object)
	}
	list, isList := c.theirs.([]any)
	number, _ := c.theirs.(float64)
	switch c.path[last] {
	case "enum":
		return schema["type"] == "string" && schema["format"] == nil && slices.ContainsFunc(list, isText)
	case "exclusiveMaximum", "exclusiveMinimum", "format", "maximum", "maxItems", "maxLength", "minimum", "minItems",
		"minLength", "minProperties", "multipleOf", "required", "type":
		return isList || isText(c.theirs) || number != 0
	}
	return false // such as a pattern
}

// isText tells whether a value is text, and not nothing.
func isText(v any) bool {
	text, _ := v.(string)
	return text != "" && text != "null"
}
