package main

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// servers are the addresses an operation is reached at, each variable at its default.
func (w *walker) servers(list *yaml.Node) (any, error) {
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, errors.New("the document names no server for it, or is truncated")
	}
	var urls []any
	for _, n := range list.Content {
		n = unalias(n)
		u := lookUp(n, "url")
		if u == nil {
			return nil, fmt.Errorf("line %d: a server without a url", n.Line)
		}
		urls = append(urls, strings.TrimSuffix(fill(u.Value, lookUp(n, "variables")), "/"))
	}
	return urls, nil
}

func fill(url string, variables *yaml.Node) string {
	return templateParameter().ReplaceAllStringFunc(url, func(name string) string {
		if v := lookUp(lookUp(variables, strings.Trim(name, "{}")), "default"); v != nil {
			return v.Value
		}
		return name
	})
}
