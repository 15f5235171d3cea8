package contract_test

import (
	"regexp"
	"strings"
	"testing"
)

// source holds what reflection cannot see of the generated code.
type source struct {
	types     map[string]bool   // the names of its types, in the form of typeName
	constants map[string]string // the values of its untyped constants, as they are written
}

// typeName is what the name of a schema and the name of its Go type have in common.
func typeName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

func readGenerated(t *testing.T) *source {
	t.Helper()
	code := &source{map[string]bool{}, map[string]string{}}
	text := read(t, generatedFile)
	for _, match := range regexp.MustCompile(`(?m)^type (\w+)`).FindAllStringSubmatch(text, -1) {
		code.types[typeName(match[1])] = true
	}
	constant := regexp.MustCompile(`(?m)^(?:const |\t)(\w+) += ("[^"]*"|-?[\d.e+]+|true|false)$`)
	for _, match := range constant.FindAllStringSubmatch(text, -1) {
		code.constants[match[1]] = match[2]
	}
	return code
}
