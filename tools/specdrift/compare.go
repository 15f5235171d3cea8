package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3conv"
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

// compareAll compares every operation of ours.
func compareAll(ours, theirs *document) ([]change, error) {
	endpoints, err := ours.endpoints()
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var changes []change
	for _, e := range endpoints {
		more, err := compare(e, ours, theirs)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

// compare judges every fact in which an operation differs: each alone, so that the verdict belongs to that fact, and
// then all of them together, so that nothing is lost which a fact alone would excuse.
func compare(e endpoint, ours, theirs *document) ([]change, error) {
	base, err := ours.canonical(e)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %s: %w", e, err)
	}
	revision, err := theirs.canonical(e)
	if err != nil {
		return nil, fmt.Errorf("upstream: %s: %w", e, err)
	}
	changes, err := difference(e, base, revision)
	for i := range changes {
		if err == nil {
			err = changes[i].judge(base)
		}
	}
	if err == nil && worst(changes) == compatible {
		var found checker.Change
		if found, err = gravest(e, base, revision); found != nil && breaks(found) {
			together := []string{"all changes together"}
			changes = append(changes, change{endpoint: e, path: together, level: breaking, reason: explain(found)})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("upstream: %s: cannot be compared: %w", e, err)
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

// canonical is an operation in the latest OpenAPI 3, as JSON. What is a set is in order, and parameters are keyed by
// what tells them apart, so that a merge patch finds them.
func (d *document) canonical(e endpoint) ([]byte, error) {
	operation, err := d.operation(e)
	if err != nil {
		return nil, err
	}
	spec, err := specOf(e, d.OpenAPI, operation)
	if err != nil {
		return nil, err
	}
	openapi3conv.Upgrade(spec.Spec)
	text, err := json.Marshal(spec.Spec.Paths.Value(e.path).GetOperation(strings.ToUpper(e.method)))
	if err != nil {
		return nil, fmt.Errorf("is not OpenAPI: %w", err)
	}
	var upgraded map[string]any
	if err := json.Unmarshal(text, &upgraded); err != nil {
		return nil, err
	}
	keyed := map[string]any{}
	parameters, _ := upgraded["parameters"].([]any)
	for _, p := range parameters {
		keyed[parameterKey(p)] = p
	}
	upgraded["parameters"], upgraded["servers"] = keyed, operation["servers"]
	sortSets(upgraded)
	return json.Marshal(upgraded)
}

// specOf is a document of one operation. Its servers are left out: nobody reads them there.
func specOf(e endpoint, version string, operation map[string]any) (*load.SpecInfo, error) {
	operation = maps.Clone(operation)
	delete(operation, "servers")
	if keyed, ok := operation["parameters"].(map[string]any); ok {
		operation["parameters"] = slices.Collect(maps.Values(keyed))
	}
	text, err := json.Marshal(map[string]any{
		"openapi": version,
		"info":    map[string]any{"title": "one operation", "version": "1"},
		"paths":   map[string]any{e.path: map[string]any{e.method: operation}},
	})
	if err != nil {
		return nil, fmt.Errorf("is not OpenAPI: %w", err)
	}
	spec := &openapi3.T{}
	if err = spec.UnmarshalJSON(text); err == nil {
		err = openapi3.NewLoader().ResolveRefsIn(spec, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("is not OpenAPI: %w", err)
	}
	return &load.SpecInfo{Spec: spec}, nil
}

// sortSets sorts the lists whose order means nothing.
func sortSets(v any) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			sortSets(inner)
		}
	case map[string]any:
		for key, inner := range v {
			sortSets(inner)
			switch list, _ := inner.([]any); key {
			case "allOf", "anyOf", "enum", "oneOf", "required", "security", "tags", "type":
				slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		}
	}
}

// difference splits a JSON merge patch (RFC 7396) into single facts.
func difference(e endpoint, base, revision []byte) ([]change, error) {
	text, err := jsonpatch.CreateMergePatch(base, revision)
	if err != nil {
		return nil, err
	}
	var ours, patch map[string]any
	if err := errors.Join(json.Unmarshal(base, &ours), json.Unmarshal(text, &patch)); err != nil {
		return nil, err
	}
	return split(e, nil, ours, patch), nil
}

func split(e endpoint, path []string, ours, patch map[string]any) []change {
	var changes []change
	for _, key := range slices.Sorted(maps.Keys(patch)) {
		path := append(slices.Clone(path), key)
		from, to := ours[key], patch[key]
		inner, isObject := from.(map[string]any)
		more, isPatch := to.(map[string]any)
		if isObject && isPatch {
			changes = append(changes, split(e, path, inner, more)...)
			continue
		}
		changes = append(changes, change{endpoint: e, path: path, ours: from, theirs: to})
	}
	return changes
}

// judge decides on a fact by applying it alone. What oasdiff is silent about breaks, until someone has looked.
func (c *change) judge(base []byte) error {
	if c.path[0] == "servers" {
		c.level, c.reason = compatible, "one more address"
		if c.theirs == nil {
			c.level, c.reason = breaking, "requests go to an address that is no longer upstream's"
		}
		return nil
	}
	patch := c.theirs
	for _, key := range slices.Backward(c.path) {
		patch = map[string]any{key: patch}
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	revision, err := jsonpatch.MergePatch(base, text)
	if err != nil {
		return err
	}
	found, err := gravest(c.endpoint, base, revision)
	switch {
	case found != nil && breaks(found):
		c.level, c.reason = breaking, explain(found)
	case found == nil || c.requiresMore():
		c.level, c.reason = breaking, "no rule knows this kind of change, so it needs a look"
	default:
		c.level, c.reason = compatible, explain(found)
	}
	return err
}

// requiresMore tells whether a property has to be sent that had not. Of one without a schema oasdiff says nothing,
// though it may say something of another in the same list.
func (c *change) requiresMore() bool {
	ours, _ := c.ours.([]any)
	theirs, _ := c.theirs.([]any)
	return c.path[0] != "responses" && c.path[len(c.path)-1] == "required" &&
		slices.ContainsFunc(theirs, func(name any) bool { return !slices.Contains(ours, name) })
}

// raised are the rules that oasdiff takes for harmless although callers feel them: a name in the generated code; what
// the server does for a field that is left out; what no longer arrives in a response; a success of another kind.
var raised = regexp.MustCompile(`^(api-operation-id-(added|removed)` +
	`|request-.*default-value-(changed|removed)|request-body-media-type-schema-removed` +
	`|response-optional-property-removed|optional-response-header-removed|response-success-status-added` +
	`|response-.*(became-write-only|schema-became-false)` +
	`|.*discriminator-(removed|property-name-changed|mapping-(changed|deleted))` +
	`|.*-removed-with-deprecation)$`)

// gravest is what oasdiff finds worst in a change of an operation, nil where it finds nothing.
func gravest(e endpoint, base, revision []byte) (checker.Change, error) {
	var specs [2]*load.SpecInfo
	for i, text := range [][]byte{base, revision} {
		var operation map[string]any
		err := json.Unmarshal(text, &operation)
		if err == nil {
			specs[i], err = specOf(e, "3.1.0", operation)
		}
		if err != nil {
			return nil, err
		}
	}
	differences, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), specs[0], specs[1])
	if err != nil {
		return nil, err
	}
	config := checker.NewConfig(checker.GetAllChecks())
	found := checker.CheckBackwardCompatibilityUntilLevel(config, differences, sources, checker.INFO)
	if len(found) == 0 {
		return nil, nil
	}
	if i := slices.IndexFunc(found, breaks); i >= 0 {
		return found[i], nil
	}
	return found[0], nil
}

func breaks(c checker.Change) bool { return c.IsBreaking() || raised.MatchString(c.GetId()) }

func explain(c checker.Change) string {
	return c.GetUncolorizedText(checker.NewDefaultLocalizer()) + " [" + c.GetId() + "]"
}
