package main

import "slices"

// edit changes one thing in a tree.
type edit struct {
	path   []string
	value  any    // absent{} takes away
	member string // where set, value says whether the list holds it
}

func (e edit) apply(tree map[string]any) {
	holder := tree
	last := len(e.path) - 1
	for _, key := range e.path[:last] {
		next, ok := holder[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			holder[key] = next
		}
		holder = next
	}
	key := e.path[last]
	switch {
	case e.member != "":
		holder[key] = withMember(holder[key], e.member, e.value == true)
		sortList(holder, key)
	case e.value == absent{}:
		delete(holder, key)
	default:
		holder[key] = clone(e.value)
	}
}

func withMember(list any, name string, in bool) []any {
	members, _ := list.([]any)
	members = slices.DeleteFunc(slices.Clone(members), func(m any) bool { return m == name })
	if in {
		members = append(members, name)
	}
	return members
}

// edited is a tree with the edits of facts made in it; the tree itself stays as it is.
func edited(tree map[string]any, facts ...fact) map[string]any {
	out, _ := clone(tree).(map[string]any)
	for _, f := range facts {
		for _, e := range f.edits {
			e.apply(out)
		}
	}
	return out
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = clone(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = clone(item)
		}
		return out
	default:
		return v
	}
}
