package main

import (
	"slices"
	"strings"
)

// kind says what a node of an OpenAPI document is, so that a property called "description" is not taken for a
// description, nor one called "$ref" for a reference.
type kind int

const (
	data kind = iota // a value that is taken as it stands
	operationObject
	parameters // the parameters of an operation, keyed by place and name
	parameter
	requestBody
	responses
	response
	headers
	content
	mediaType
	encodings
	encoding
	schema
	schemas // a list
	properties
	callbacks
	callback
	pathItem
)

// entry is what a mapping of names holds, such as properties or responses; ok is false for any other kind.
func (k kind) entry() (entry kind, ok bool) {
	switch k {
	case parameters, headers: // a header is a parameter without a name
		return parameter, true
	case responses:
		return response, true
	case content:
		return mediaType, true
	case encodings:
		return encoding, true
	case properties:
		return schema, true
	case callbacks:
		return callback, true
	case callback:
		return pathItem, true
	default:
		return data, false
	}
}

// keyword is what a keyword of an object of this kind holds; ok is false where callers cannot feel it: words,
// examples, hints for tools, x- fields.
func (k kind) keyword(key string) (value kind, ok bool) {
	if isWord(key) {
		return data, false
	}
	switch k {
	case operationObject:
		return operationKeyword(key), true
	case pathItem:
		return operationObject, slices.Contains(methods(), key)
	case requestBody, parameter:
		return map[string]kind{"schema": schema, "content": content}[key], true
	case response:
		return map[string]kind{"content": content, "headers": headers}[key], key != "links"
	case mediaType:
		return map[string]kind{"schema": schema, "encoding": encodings}[key], true
	case encoding:
		return map[string]kind{"headers": headers}[key], true
	case schema:
		return schemaKeyword(key)
	default:
		return data, true
	}
}

func isWord(key string) bool {
	switch key {
	case "description", "summary", "title", "example", "examples", "externalDocs", "$comment":
		return true
	}
	return strings.HasPrefix(key, "x-")
}

func operationKeyword(key string) kind {
	return map[string]kind{
		"parameters": parameters, "requestBody": requestBody, "responses": responses, "callbacks": callbacks,
	}[key]
}

func schemaKeyword(key string) (kind, bool) {
	switch key {
	case "$schema", "$id", "$anchor", "$defs", "definitions":
		return data, false
	case "additionalProperties", "items", "not", "if", "then", "else", "contains", "propertyNames",
		"unevaluatedItems", "unevaluatedProperties", "contentSchema":
		return schema, true
	case "allOf", "anyOf", "oneOf", "prefixItems":
		return schemas, true
	case "properties", "patternProperties", "dependentSchemas":
		return properties, true
	}
	return data, true
}
