package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// compare returns the facts in which the operations of ours differ, one a line.
func compare(ours, theirs *document) ([]string, error) {
	base, revision := object{}, object{}
	for path := range ours.paths {
		maps.Copy(base, ours.operations(path))
		maps.Copy(revision, theirs.operations(path))
	}
	maps.DeleteFunc(revision, func(name string, _ any) bool { return base[name] == nil })
	switch {
	case ours.err != nil:
		return nil, fmt.Errorf("openapi.yaml: %w", ours.err)
	case theirs.err != nil:
		return nil, fmt.Errorf("upstream: %w", theirs.err)
	case len(base) == 0:
		return nil, errors.New("openapi.yaml: has no operations")
	}
	return differences("", base, revision), nil
}

// differences are the facts in which two mappings differ. A list is one fact.
func differences(at string, ours, theirs object) []string {
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	var facts []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		from, inOurs := ours[key]
		to, inTheirs := theirs[key]
		inner, isObject := from.(object)
		other, areObjects := to.(object)
		switch {
		case isObject && areObjects:
			facts = append(facts, differences(at+key+", ", inner, other)...)
		case inOurs != inTheirs || !reflect.DeepEqual(from, to):
			fact := fmt.Sprintf("%s: upstream says %s, openapi.yaml says %s", at+key, say(to, inTheirs), say(from, inOurs))
			facts = append(facts, strings.Map(printable, fact))
		}
	}
	return facts
}

// say tells a value in one short piece of text.
func say(v any, isSaid bool) string {
	if !isSaid {
		return "nothing"
	}
	text, _ := json.Marshal(v)
	return fmt.Sprintf("%.200s", text)
}

// printable keeps what upstream wrote on one line, and from steering a terminal.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}
