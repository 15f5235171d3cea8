// Package contract_test holds the checks that compare openapi.yaml with what the generated code and the wrappers do, and
// the mutations of openapi.yaml that show each check can fail.
package contract_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
)

// finding is one point on which the spec and the code disagree, in words.
type finding struct {
	operation, where string
	spec, code       string // what each of the two says
}

func (f finding) String() string {
	return f.operation + ": " + f.where + ": the spec says " + f.spec + ", the code " + f.code
}

// check compares one aspect of a spec with what the code does.
type check struct {
	name string
	run  func(*openapi3.T, *code) []finding
}

// checks is the whole contract. The tests run each on openapi.yaml, where it must find nothing; the mutation test runs
// them on every faulty variant of openapi.yaml, where at least one must find something.
func checks() []check {
	return []check{
		{"document", checkDocument},
		{"provenance", checkProvenance},
		{"operations", checkOperations},
		{"models", checkModels},
		{"round trips", checkRoundTrips},
		{"requests", checkRequests},
		{"limits", checkLimits},
		{"responses", checkResponses},
		{"statuses", checkStatuses},
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	doc, code := loadSpec(t), inspect()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, words(c.run(doc, code)))
		})
	}
}

// words puts each finding on a line of its own.
func words(findings []finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}
