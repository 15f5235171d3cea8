package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

// maxFacts bounds how many facts of an operation are judged and reported each by itself.
const maxFacts = 100

// compare judges every fact in which the documents differ.
func compare(pairs []pair) ([]change, error) {
	var changes []change
	for _, p := range pairs {
		more, err := p.compare()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

// compare gives oasdiff each fact alone, so that its judgement belongs to that fact, and then all of them at once, so
// that nothing is lost which only several facts together bring about.
func (p pair) compare() ([]change, error) {
	var changes []change
	var forOasdiff []fact
	seen := map[string]bool{}
	facts := differences(p.ours.tree, p.theirs.tree)
	for i, f := range facts {
		j, ok := own(f)
		if !ok {
			forOasdiff = append(forOasdiff, f)
			if i < maxFacts {
				found, err := p.oasdiff(f)
				if err != nil {
					return nil, err
				}
				remember(seen, found)
				j = conclude(found)
			}
		}
		if i < maxFacts {
			changes = append(changes, p.change(f, j))
		}
	}
	together, err := p.oasdiff(forOasdiff...)
	if err != nil {
		return nil, err
	}
	for _, c := range together {
		if c.IsBreaking() && !seen[checker.Fingerprint(c)] && len(forOasdiff) > 1 {
			seen[checker.Fingerprint(c)] = true
			changes = append(changes, p.joint(c))
		}
	}
	if rest := len(facts) - maxFacts; rest > 0 {
		changes = append(changes, p.uncounted(rest))
	}
	return changes, nil
}

func (p pair) change(f fact, j judgement) change {
	c := change{operation: p.operation, place: f.place, level: j.level, ours: f.ours, theirs: f.theirs, rule: j.rule, reason: j.reason}
	if j.level == breaking {
		c.reason = strings.TrimSuffix("breaks "+felt(f.side)+": "+j.reason, ": ")
	}
	return c
}

// joint is a change that oasdiff sees only where several facts meet.
func (p pair) joint(c checker.Change) change {
	text := c.GetUncolorizedText(checker.NewDefaultLocalizer())
	return change{
		operation: p.operation, level: breaking, ours: absent{}, theirs: text, rule: c.GetId(),
		place: place{head: []string{"taken together"}}, reason: "see the other changes of this operation",
	}
}

func (p pair) uncounted(n int) change {
	return change{
		operation: p.operation, level: breaking, ours: absent{}, theirs: fmt.Sprintf("%d more differences", n), rule: "too-many",
		place: place{head: []string{"the operation as a whole"}}, reason: "it is hardly the same operation any more",
	}
}

// conclude takes oasdiff's gravest finding on a fact. What it has no rule for is taken to break until someone has looked.
func conclude(found checker.Changes) judgement {
	if len(found) == 0 {
		return judgement{breaking, "unknown", "no rule knows this kind of change, so it needs a look"}
	}
	gravest := found[0]
	for _, c := range found {
		if c.GetLevel() > gravest.GetLevel() {
			gravest = c
		}
	}
	j := judgement{level: compatible, rule: gravest.GetId(), reason: gravest.GetUncolorizedText(checker.NewDefaultLocalizer())}
	if gravest.IsBreaking() {
		j.level = breaking
	}
	return j
}

// remember notes what is reported as breaking already.
func remember(seen map[string]bool, found checker.Changes) {
	for _, c := range found {
		if c.IsBreaking() {
			seen[checker.Fingerprint(c)] = true
		}
	}
}

// oasdiff is what it says of ours with the facts' edits made.
func (p pair) oasdiff(facts ...fact) (checker.Changes, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	base, err := p.lower(p.ours.tree)
	if err != nil {
		return nil, err
	}
	revision, err := p.lower(edited(p.ours.tree, facts...))
	if err != nil {
		return nil, err
	}
	words := diff.WithExcludeElements(diff.GetExcludeDiffOptions())
	found, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(words), base, revision)
	if err != nil {
		return nil, fmt.Errorf("cannot be compared: %w", err)
	}
	config := checker.NewConfig(checker.GetAllChecks())
	return checker.CheckBackwardCompatibilityUntilLevel(config, found, sources, checker.INFO), nil
}

// lower turns a tree back into a document of one operation, for oasdiff to load.
func (p pair) lower(tree map[string]any) (*load.SpecInfo, error) {
	tree, _ = clone(tree).(map[string]any)
	for _, key := range []string{"security", "servers", "tags", "callbacks"} {
		delete(tree, key)
	}
	keyed, _ := tree["parameters"].(map[string]any)
	parameters := []any{}
	for _, key := range union(keyed) {
		parameters = append(parameters, keyed[key])
	}
	tree["parameters"] = parameters
	answers, _ := tree["responses"].(map[string]any)
	for _, a := range answers {
		if a, ok := a.(map[string]any); ok {
			a["description"] = "an answer"
		}
	}
	doc := map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "one operation", "version": "1"},
		"paths":   map[string]any{p.path: map[string]any{p.method: tree}},
	}
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), []byte(encode(doc)), "")
	if err != nil {
		return nil, notOpenAPI(err)
	}
	return info, nil
}

func notOpenAPI(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if text == "" {
		return errors.New("is not OpenAPI")
	}
	return fmt.Errorf("is not OpenAPI: %s", text)
}
