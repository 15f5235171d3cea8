package main

import (
	"encoding/json"
	"strconv"
)

// bound is where a schema's numbers begin or end. JSON Schema spells it with either of two keywords, so that a change
// from one to the other is one fact, which oasdiff would take for two.
type bound struct {
	limit  float64
	strict bool // the limit itself is outside
	none   bool
	upper  bool
}

func lowerBound(s map[string]any) bound { return boundOf(s, "minimum", "exclusiveMinimum", false) }

func upperBound(s map[string]any) bound { return boundOf(s, "maximum", "exclusiveMaximum", true) }

func boundOf(s map[string]any, inclusive, exclusive string, upper bool) bound {
	in, hasIn := limit(s[inclusive])
	ex, hasEx := limit(s[exclusive])
	switch {
	case hasIn && hasEx && upper == (in < ex):
		return bound{limit: in, upper: upper}
	case hasEx:
		return bound{limit: ex, strict: true, upper: upper}
	case hasIn:
		return bound{limit: in, upper: upper}
	default:
		return bound{none: true, upper: upper}
	}
}

func limit(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// admits tells whether every number within the other bound is within this one.
func (b bound) admits(other bound) bool {
	switch {
	case b.none:
		return true
	case other.none:
		return false
	case b.limit == other.limit:
		return !b.strict || other.strict
	default:
		return b.upper == (b.limit > other.limit)
	}
}

func (b bound) String() string {
	if b.none {
		return "any"
	}
	sign := map[bool]string{false: ">", true: "<"}[b.upper]
	if !b.strict {
		sign += "="
	}
	return sign + " " + strconv.FormatFloat(b.limit, 'g', -1, 64)
}

// bounds adds the fact that a bound went from one keyword to the other, and names the keywords that are then done with.
func (d *difference) bounds(at place, ours, theirs map[string]any) []string {
	var done []string
	for _, keys := range [][2]string{{"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}} {
		if same(get(ours, keys[0]), get(theirs, keys[0])) || same(get(ours, keys[1]), get(theirs, keys[1])) {
			continue
		}
		d.add(schema, at, keys[0], ours, theirs, edit{path: at.at(keys[1]), value: get(theirs, keys[1])})
		f := &d.facts[len(d.facts)-1]
		f.keyword = boundKeyword
		f.ours, f.theirs = boundIn(ours, keys[0]).String(), boundIn(theirs, keys[0]).String()
		done = append(done, keys[:]...)
	}
	return done
}

// boundKeyword marks a fact of both keywords of a bound.
const boundKeyword = "bound"

func boundIn(s map[string]any, inclusive string) bound {
	if inclusive == "maximum" {
		return upperBound(s)
	}
	return lowerBound(s)
}

func judgeBounds(f fact) judgement {
	keyword := f.place.keyword
	ours, theirs := boundIn(f.within[0], keyword), boundIn(f.within[1], keyword)
	switch {
	case f.side == request && !theirs.admits(ours):
		return judgement{breaking, "bound", "values that were good to send may be refused"}
	case f.side == answer && !ours.admits(theirs):
		return judgement{breaking, "bound", "values may arrive that did not before"}
	default:
		return judgement{compatible, "bound", "every value that was good before is good still"}
	}
}
