package main

import (
	"encoding/json"
	"strings"
)

// say tells a value in one short line.
func say(keyword string, v any) string {
	const enough = 160
	text := []rune(words(keyword, v))
	if len(text) > enough {
		return string(text[:enough]) + "…"
	}
	return string(text)
}

func words(keyword string, v any) string {
	switch {
	case v == absent{}:
		return "nothing"
	case keyword == "security":
		return each(list(v), " or ", alternative)
	case keyword == "servers":
		return each(list(v), ", ", func(url any) string { s, _ := url.(string); return s })
	case isClosed(v):
		return "false"
	default:
		return plain(v)
	}
}

func each(items []any, between string, word func(any) string) string {
	var all []string
	for _, item := range items {
		all = append(all, word(item))
	}
	return strings.Join(all, between)
}

func alternative(v any) string {
	schemes, _ := v.(map[string]any)
	var all []string
	for _, scheme := range union(schemes) {
		if scopes := list(schemes[scheme]); len(scopes) > 0 {
			scheme += " " + plain(scopes)
		}
		all = append(all, scheme)
	}
	if len(all) == 0 {
		return "no credentials"
	}
	return strings.Join(all, " with ")
}

// plain is a value as JSON, with no character escaped that need not be.
func plain(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "a value beyond JSON"
	}
	return strings.TrimSpace(b.String())
}
