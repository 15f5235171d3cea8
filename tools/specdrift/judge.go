package main

import (
	"fmt"
	"slices"
)

// level is how much a change matters, and the exit status that says so.
type level int

const (
	inStep level = iota
	compatible
	breaking
)

// change is a fact with its judgement, ready to be reported.
type change struct {
	operation operation
	place     place
	level     level
	ours      any
	theirs    any
	reason    string // why it is compatible, or whom it breaks
	rule      string // oasdiff's, or this program's own
}

type judgement struct {
	level  level
	rule   string
	reason string
}

// own judges the facts that oasdiff leaves alone, or lets pass although callers feel them; ok is false for all others.
func own(f fact) (j judgement, ok bool) {
	switch {
	case f.keyword == "deprecated" && (f.holder == operationObject || f.holder == schema || f.holder == parameter):
		return judgement{compatible, "deprecation", "it works as before"}, true
	case f.holder == operationObject:
		return ownOperation(f)
	case f.holder == parameter && f.keyword == "name":
		return judgement{compatible, "parameter-name", "the wire carries the value by position, or the name in either case"}, true
	case f.holder == schema && f.keyword == "format":
		return formats(f), true
	case f.holder == schema && f.keyword == "default":
		return defaults(f), true
	case f.holder == schema && f.keyword == boundKeyword:
		return judgeBounds(f), true
	case f.holder == schema && f.keyword == "additionalProperties" && isClosed(f.ours) != isClosed(f.theirs):
		return openness(f), true
	case f.holder == properties && f.side == answer && f.theirs == absent{}:
		return judgement{breaking, "response-property-removed", "it no longer arrives"}, true
	}
	return judgement{}, false
}

func ownOperation(f fact) (judgement, bool) {
	switch f.keyword {
	case "operationId":
		return judgement{breaking, "operation-id", "the generated client's methods and models are named by it"}, true
	case "tags":
		return judgement{compatible, "tags", "they group the documentation"}, true
	case "servers":
		return servers(f), true
	case "security":
		return security(f), true
	}
	return judgement{}, false
}

// servers asks whether the address that callers use now is still one of upstream's.
func servers(f fact) judgement {
	ours, theirs := list(f.ours), list(f.theirs)
	if len(ours) > 0 && slices.Contains(theirs, ours[0]) {
		return judgement{compatible, "server-url", "the address in use is still upstream's"}
	}
	return judgement{breaking, "server-url", "requests go to another address"}
}

// security asks whether every request that satisfies ours satisfies theirs too.
func security(f fact) judgement {
	for _, sent := range list(f.ours) {
		if !slices.ContainsFunc(list(f.theirs), func(asked any) bool { return covers(sent, asked) }) {
			return judgement{breaking, "security", "credentials that are sent now no longer suffice"}
		}
	}
	return judgement{compatible, "security", "credentials that are sent now still suffice"}
}

func covers(sent, asked any) bool {
	have, _ := sent.(map[string]any)
	need, _ := asked.(map[string]any)
	for scheme, scopes := range need {
		held, ok := have[scheme]
		if !ok {
			return false
		}
		for _, scope := range list(scopes) {
			if !slices.Contains(list(held), scope) {
				return false
			}
		}
	}
	return true
}

// defaults judges what the server does for a field that is left out. In an answer it is no more than a remark.
func defaults(f fact) judgement {
	switch {
	case f.side != request:
		return judgement{compatible, "default", "an answer says what it holds"}
	case f.ours == absent{}:
		return judgement{compatible, "default", "it was for the server to choose before"}
	default:
		return judgement{breaking, "default", "a request that leaves it out means something else"}
	}
}

// openness judges whether an object may hold properties that the document does not name.
func openness(f fact) judgement {
	if f.side == request && isClosed(f.theirs) {
		return judgement{breaking, "additional-properties", "a property that is not listed may be refused"}
	}
	return judgement{compatible, "additional-properties", "properties that are listed are as before"}
}

// isClosed tells whether a schema admits nothing.
func isClosed(v any) bool {
	s, _ := v.(map[string]any)
	not, ok := s["not"].(map[string]any)
	return ok && len(s) == 1 && len(not) == 0
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// felt says in words whom a fact breaks.
func felt(side wire) string {
	switch side {
	case request:
		return "callers who send requests"
	case answer:
		return "callers who read responses"
	default:
		return "callers who compile against the generated code"
	}
}

func worst(changes []change) level {
	w := inStep
	for _, c := range changes {
		w = max(w, c.level)
	}
	return w
}

func (l level) String() string {
	switch l {
	case inStep:
		return "in step"
	case compatible:
		return "compatible"
	case breaking:
		return "breaking"
	}
	return fmt.Sprintf("level(%d)", int(l))
}
