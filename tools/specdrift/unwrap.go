package main

import (
	"maps"
	"slices"
)

// unwrap takes a schema out of an allOf, anyOf or oneOf that adds nothing, or nothing but null.
func unwrap(o map[string]any) {
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		branches, ok := o[key].([]any)
		if !ok {
			continue
		}
		branches = slices.Clone(branches)
		if key == "allOf" {
			branches = slices.DeleteFunc(branches, isAny)
		}
		rest := slices.DeleteFunc(slices.Clone(branches), isNull)
		nullable := key != "allOf" && len(rest) < len(branches)
		inner, ok := only(rest)
		o[key] = branches
		if key == "allOf" && len(branches) == 0 {
			delete(o, key)
		}
		if !ok || clashes(o, inner, key) || nullable && inner["type"] == nil {
			continue
		}
		delete(o, key)
		maps.Copy(o, inner)
		if nullable {
			addNull(o)
		}
	}
}

func only(branches []any) (map[string]any, bool) {
	if len(branches) != 1 {
		return nil, false
	}
	inner, ok := branches[0].(map[string]any)
	return inner, ok
}

func clashes(o, inner map[string]any, key string) bool {
	for name := range inner {
		if v, ok := o[name]; ok && name != key && !same(v, inner[name]) {
			return true
		}
	}
	return false
}

func isAny(branch any) bool {
	m, ok := branch.(map[string]any)
	return ok && len(m) == 0
}

func isNull(branch any) bool {
	m, ok := branch.(map[string]any)
	return ok && len(m) == 1 && m["type"] == "null"
}

func addNull(o map[string]any) {
	types, ok := o["type"].([]any)
	if !ok {
		types = []any{o["type"]}
	}
	o["type"] = sorted(append(slices.Clone(types), "null"))
}
