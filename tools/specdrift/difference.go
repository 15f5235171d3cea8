package main

import (
	"maps"
	"slices"
)

// absent stands for what one of the documents does not say, which null is not.
type absent struct{}

// fact is one thing that the documents say differently of an operation.
type fact struct {
	place
	holder  kind   // of the object that it is said in
	keyword string // of that object, or the name of what only one side has
	ours    any
	theirs  any
	within  [2]map[string]any // that object in ours and in theirs
	edits   []edit            // what brings ours in step
}

// difference collects the facts in which two trees differ.
type difference struct{ facts []fact }

func differences(ours, theirs map[string]any) []fact {
	var d difference
	d.object(operationObject, place{}, ours, theirs)
	return d.facts
}

func (d *difference) object(k kind, at place, ours, theirs map[string]any) {
	if k == schema {
		ours, theirs = d.schema(at, ours, theirs)
	}
	each, named := k.entry()
	for _, key := range union(ours, theirs) {
		child, _ := k.keyword(key)
		if named {
			child = each
		}
		if same(get(ours, key), get(theirs, key)) {
			continue
		}
		o, both := ours[key].(map[string]any)
		t, also := theirs[key].(map[string]any)
		if both && also && child != data {
			d.object(child, at.enter(k, key).calling(k, o), o, t)
			continue
		}
		d.add(k, at, key, ours, theirs)
	}
}

func (d *difference) add(k kind, at place, key string, ours, theirs map[string]any, more ...edit) {
	p := at.enter(k, key)
	switch key {
	case "schema", "content", "headers", "parameters", "responses":
		if _, named := k.entry(); !named {
			p.keyword = key
		}
	}
	d.facts = append(d.facts, fact{
		place: p, holder: k, keyword: key,
		ours: get(ours, key), theirs: get(theirs, key), within: [2]map[string]any{ours, theirs},
		edits: append([]edit{{path: p.path, value: get(theirs, key)}}, more...),
	})
}

// schema adds the facts that take more than one keyword to tell, and returns what is left to compare.
func (d *difference) schema(at place, ours, theirs map[string]any) (map[string]any, map[string]any) {
	d.properties(at, ours, theirs)
	done := []string{"properties", "required"}
	if !same(get(ours, "type"), get(theirs, "type")) {
		done = append(done, "type", "format")
		d.add(schema, at, "type", ours, theirs, edit{path: at.at("format"), value: get(theirs, "format")})
		f := &d.facts[len(d.facts)-1]
		f.ours, f.theirs = withFormat(ours), withFormat(theirs)
	}
	done = append(done, d.bounds(at, ours, theirs)...)
	return without(ours, done), without(theirs, done)
}

// properties compares those of a schema, and which it requires. That a property comes or goes is one fact, its being
// required included.
func (d *difference) properties(at place, ours, theirs map[string]any) {
	o, _ := ours["properties"].(map[string]any)
	t, _ := theirs["properties"].(map[string]any)
	inside := at.enter(schema, "properties")
	for _, name := range union(o, t, required(ours), required(theirs)) {
		here := inside.enter(properties, name)
		was, is := required(ours)[name] == true, required(theirs)[name] == true
		requirement := edit{path: at.at("required"), member: name, value: is}
		switch _, both := o[name]; {
		case both != (t[name] != nil):
			d.add(properties, inside, name, o, t, requirement)
		case was != is:
			here.keyword = "required"
			d.facts = append(d.facts, fact{
				place: here, holder: schema, keyword: "required", ours: was, theirs: is,
				within: [2]map[string]any{ours, theirs}, edits: []edit{requirement},
			})
		}
		before, both := o[name].(map[string]any)
		after, also := t[name].(map[string]any)
		if both && also && !same(before, after) {
			d.object(schema, here, before, after)
		}
	}
}

func required(s map[string]any) map[string]any {
	names := map[string]any{}
	for _, name := range list(s["required"]) {
		if name, ok := name.(string); ok {
			names[name] = true
		}
	}
	return names
}

// withFormat is a schema's type, in one word with its format where it has one.
func withFormat(s map[string]any) any {
	t, isName := s["type"].(string)
	format, formatted := s["format"].(string)
	if isName && formatted {
		return t + " (" + format + ")"
	}
	return get(s, "type")
}

func get(m map[string]any, key string) any {
	if v, ok := m[key]; ok {
		return v
	}
	return absent{}
}

func same(a, b any) bool {
	_, noA := a.(absent)
	_, noB := b.(absent)
	return noA == noB && encode(a) == encode(b)
}

func without(m map[string]any, keys []string) map[string]any {
	out := maps.Clone(m)
	for _, key := range keys {
		delete(out, key)
	}
	return out
}

// union is the keys of all the maps, in order.
func union(all ...map[string]any) []string {
	keys := map[string]bool{}
	for _, m := range all {
		for key := range m {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
