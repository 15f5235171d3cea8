package roomtokens

import _ "embed" // for openapi.yaml

//go:generate go tool -modfile=tools/go.mod oapi-codegen -config oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var spec string

// Spec returns openapi.yaml, the OpenAPI 3.1 document that package api is generated from.
func Spec() []byte { return []byte(spec) }
