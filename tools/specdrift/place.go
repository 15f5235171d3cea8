package main

import (
	"slices"
	"strings"
)

// wire is the side of the wire that a fact is felt on.
type wire string

const (
	request  wire = "request"
	answer   wire = "response"
	compiled wire = "code"
)

// place is where in an operation a fact stands: as a path into its tree, and in words.
type place struct {
	path     []string
	side     wire
	head     []string // such as "response 403", "application/json"
	property string   // such as "data.token"
	keyword  string   // such as "maximum"
}

func (p place) at(key string) []string { return append(slices.Clone(p.path), key) }

// enter is the place of what an object of kind k holds under key.
func (p place) enter(k kind, key string) place {
	p.path = p.at(key)
	p.head = slices.Clone(p.head)
	p.keyword = ""
	switch k {
	case operationObject:
		p.enterOperation(key)
	case parameters:
		p.head = append(p.head, parameterWords(key))
	case responses:
		p.head = append(p.head, "response "+key)
	case headers:
		p.head = append(p.head, "header "+key)
	case content:
		p.head = append(p.head, key)
	case properties:
		p.property = strings.TrimPrefix(p.property+"."+key, ".")
	case schema:
		p.enterSchema(key)
	default:
		if key != "schema" && key != "content" && key != "headers" {
			p.keyword = key
		}
	}
	return p
}

// calling gives a parameter the name that it goes by in ours: its key may hold only its position.
func (p place) calling(k kind, ours map[string]any) place {
	if name, ok := ours["name"].(string); ok && k == parameters {
		in, _, _ := strings.Cut(p.path[len(p.path)-1], " ")
		p.head[len(p.head)-1] = in + " parameter " + name
	}
	return p
}

func (p *place) enterOperation(key string) {
	p.side = request
	switch key {
	case "responses":
		p.side = answer
	case "parameters":
	case "requestBody":
		p.head = append(p.head, "request body")
	case "operationId", "tags", "deprecated":
		p.side = compiled
		p.keyword = key
	default:
		p.keyword = key
	}
}

func (p *place) enterSchema(key string) {
	switch key {
	case "properties":
	case "items":
		p.property += "[]"
	case "additionalProperties":
		p.property = strings.TrimPrefix(p.property+".*", ".")
	default:
		p.keyword = key
	}
}

func (p place) String() string {
	words := slices.Clone(p.head)
	for _, more := range []string{p.property, p.keyword} {
		if more != "" {
			words = append(words, more)
		}
	}
	return strings.Join(words, ", ")
}

// pointer is the place in the tree as a JSON Pointer.
func (p place) pointer() string {
	var b strings.Builder
	for _, token := range p.path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return b.String()
}

func parameterWords(key string) string {
	in, name, _ := strings.Cut(key, " ")
	return in + " parameter " + name
}
