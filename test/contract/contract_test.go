// Package contract_test compares openapi.yaml with what the generated code and the wrappers do, and shows with mutants
// of openapi.yaml that each comparison can fail. That the generated code is up to date, make check shows.
package contract_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// finding is one point on which the spec and the code disagree.
type finding struct {
	where      string
	spec, code any // what each of the two says
}

func (f finding) String() string {
	return fmt.Sprintf("%s: the spec says %v, the code %v\n", f.where, f.spec, f.code)
}

// differ returns a finding if the spec and the code say different things.
func differ[T comparable](where string, spec, code T) []finding {
	if spec == code {
		return nil
	}
	return []finding{{where, spec, code}}
}

// check compares one aspect of a spec with the code.
type check struct {
	name string
	run  func(*openapi3.T, *source) []finding
}

// checks is the whole contract: what must find nothing in openapi.yaml, and something in each of its mutants.
func checks() []check {
	return []check{
		{"provenance", checkProvenance},
		{"wrappers", checkWrappers},
		{"operations", checkOperations},
		{"models", checkModels},
		{"requests", checkRequests},
		{"limits", checkLimits},
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	doc, code := load(t), readSource(t)
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, c.run(doc, code), "after an edit of openapi.yaml, run: go generate ./...")
		})
	}
}

// TestSpecIsValid holds the document against OpenAPI. Examples and defaults must fit their schemas.
func TestSpecIsValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, load(t).Validate(context.Background(),
		openapi3.EnableExamplesValidation(), openapi3.EnableSchemaDefaultsValidation()))
}

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(roomtokens.Spec())
	require.NoError(t, err)
	return doc
}
