package main

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parameterLists are an operation's parameters, the outer list first.
func parameterLists(s side) []*yaml.Node {
	var lists []*yaml.Node
	for _, holder := range []*yaml.Node{s.item, s.node} {
		if n := lookUp(holder, "parameters"); n != nil {
			lists = append(lists, n)
		}
	}
	return lists
}

func (w *walker) parameters(lists []*yaml.Node, path string) (map[string]any, error) {
	out := map[string]any{}
	for _, list := range lists {
		if list.Kind != yaml.SequenceNode {
			return nil, unexpected(list, "a list of parameters")
		}
		for _, n := range list.Content {
			v, err := w.value(parameter, n)
			if err != nil {
				return nil, err
			}
			p, ok := v.(map[string]any)
			if !ok || p["name"] == nil || p["in"] == nil {
				return nil, fmt.Errorf("line %d: a parameter without a name or a place", n.Line)
			}
			respellStyle(p)
			out[parameterKey(p, path)] = p
		}
	}
	return out, nil
}

// parameterKey tells parameters apart as the wire does: those of a path by position, headers in either case.
func parameterKey(p map[string]any, path string) string {
	name, in := fmt.Sprint(p["name"]), fmt.Sprint(p["in"])
	switch in {
	case "path":
		if i := slices.Index(templateParameter().FindAllString(path, -1), "{"+name+"}"); i >= 0 {
			return fmt.Sprintf("path %d", i+1)
		}
	case "header":
		name = strings.ToLower(name)
	}
	return in + " " + name
}

// respellStyle drops the serialization that the place of a parameter implies.
func respellStyle(p map[string]any) {
	style := "simple"
	if p["in"] == "query" || p["in"] == "cookie" {
		style = "form"
	}
	drop(p, "style", style)
	drop(p, "explode", p["style"] == nil && style == "form" || p["style"] == "form")
}
