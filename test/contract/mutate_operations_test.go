package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (m *mutator) paths() {
	paths := child(m.root, "paths")
	each(paths, func(path string, item object) {
		where := "paths." + path
		for i, segment := range strings.Split(path, "/")[1:] {
			segments := strings.Split(path, "/")
			segments[i+1] = strings.TrimSuffix(segment, "}") + "x" + strings.Repeat("}", strings.Count(segment, "}"))
			m.rename(where, paths, path, strings.Join(segments, "/"))
		}
		m.drop("paths", paths, path)
		each(item, func(method string, op object) {
			m.with("paths", path+"/more is added", paths, func() {
				paths[path+"/more"] = object{method: withOther(op, "operationId")}
			})
			for _, other := range []string{"get", "put", "post", "patch", "delete"} {
				if other != method {
					m.rename(where, item, method, other)
				}
			}
			m.operation(where+"."+method, op)
		})
	})
}

// withOther is a copy of at in which a text differs.
func withOther(at object, key string) object {
	other := maps.Clone(at)
	other[key] = fmt.Sprintf("%vOther", at[key])
	return other
}

func (m *mutator) operation(where string, op object) {
	m.set(where, op, "operationId", fmt.Sprintf("%vOther", op["operationId"]))
	m.drop(where, op, "operationId")
	m.security(where, op)
	m.parameters(where, op)
	if body, ok := op["requestBody"].(object); ok {
		m.drop(where, op, "requestBody")
		m.set(where+".requestBody", body, "required", body["required"] != true)
		m.content(where+".requestBody", body)
	}
	m.responses(where+".responses", child(op, "responses"))
}

// security adds and removes credentials, on the document as on an operation.
func (m *mutator) security(where string, at object) {
	var schemes []string
	each(child(child(m.root, "components"), "securitySchemes"), func(name string, _ object) {
		schemes = append(schemes, name)
	})
	own, has := at["security"].([]any)
	if has {
		m.drop(where, at, "security")
	}
	if !has || len(own) > 0 {
		m.set(where, at, "security", []any{})
		m.set(where, at, "security", append(slices.Clone(own), object{}))
	}
	if len(own) == 0 {
		for _, scheme := range schemes {
			m.set(where, at, "security", []any{object{scheme: []any{}}})
		}
	}
}

func (m *mutator) parameters(where string, op object) {
	parameters, _ := op["parameters"].([]any)
	for i, value := range parameters {
		p, _ := value.(object)
		at := fmt.Sprintf("%s.parameters[%d]", where, i)
		m.with(at, "is dropped", op, func() { op["parameters"] = slices.Delete(slices.Clone(parameters), i, i+1) })
		m.set(at, p, "name", fmt.Sprintf("%v_other", p["name"]))
		for _, in := range []string{"query", "header", "cookie"} {
			m.set(at, p, "in", in)
		}
		m.set(at, p, "required", p["required"] != true)
		m.retype(at, child(p, "schema"))
		m.schema(at+".schema", child(p, "schema"))
	}
	for _, required := range []bool{true, false} {
		more := object{"name": "more", "in": "query", "required": required, "schema": object{"type": "string"}}
		m.with(where, fmt.Sprintf("a parameter is added, required %t", required), op, func() {
			op["parameters"] = append(slices.Clone(parameters), more)
		})
	}
}

func (m *mutator) responses(where string, responses object) {
	each(responses, func(status string, response object) {
		number, err := strconv.Atoi(status)
		if err != nil {
			m.t.Fatalf("%s: the walk does not know how to change status %q", where, status)
		}
		m.drop(where, responses, status)
		m.rename(where, responses, status, strconv.Itoa(number+1))
		more := strconv.Itoa(number + 2)
		m.with(where, more+" is added", responses, func() { responses[more] = response })
		m.content(where+"."+status, response)
	})
}

// content changes and drops the media types of a body, and points their schemas elsewhere.
func (m *mutator) content(where string, body object) {
	content := child(body, "content")
	if len(content) > 0 {
		m.drop(where, body, "content")
	}
	each(content, func(mediaType string, media object) {
		for _, other := range []string{"application/xml", "text/plain", "application/problem+json"} {
			m.rename(where, content, mediaType, other)
		}
		m.drop(where+"."+mediaType, media, "schema")
		each(child(child(m.root, "components"), "schemas"), func(name string, _ object) {
			ref := "#/components/schemas/" + name
			if child(media, "schema")["$ref"] != ref {
				m.with(where+"."+mediaType, "schema is "+name, media, func() { media["schema"] = object{"$ref": ref} })
			}
		})
	})
}
