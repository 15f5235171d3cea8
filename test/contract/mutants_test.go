//go:build !race

// Thousands of comparisons, which share nothing, take ten times as long with the race detector.

package contract_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// What becomes of a mutant that no check kills.
const (
	survives = "survives"
	invalid  = "invalid"
)

// fewestMutants keeps a walk that misses part of the document from passing for want of mutants.
const fewestMutants = 300

// equivalents match the mutants that mean the same as openapi.yaml, and say why. No check must find anything in them.
func equivalents() map[string]string {
	return map[string]string{
		"/info/version is .+x":                    "it numbers the document; nothing is generated from it or sent",
		"/components/securitySchemes/.+ is added": "no operation asks for it",
		".+/additionalProperties is dropped":      "true is what JSON Schema takes it for",
	}
}

// TestEveryMutantIsKilled runs the checks on every mutant of openapi.yaml: one in which they find nothing is a hole in
// the contract. A mutant that TestSpecIsValid would refuse does not count.
func TestEveryMutantIsKilled(t *testing.T) {
	t.Parallel()
	code := readSource(t)
	require.Equal(t, survives, killer(roomtokens.Spec(), code), "openapi.yaml itself, as TestContract says in detail")
	counts, living, counted := map[string]int{}, map[string]int{}, 0
	for _, m := range mutantsOf(t) {
		killer := killer(m.spec, code)
		if pattern := equivalentTo(m); pattern != "" {
			living[pattern]++
			assert.Equal(t, survives, killer, "listed as equivalent: %s", m.name)
			continue
		}
		if counts[killer]++; killer != invalid {
			counted++
		}
		assert.NotEqual(t, survives, killer, m.name)
	}
	t.Logf("killed %d of %d mutants: %v", counted-counts[survives], counted, counts)
	t.Logf("equivalent, and not counted: %v", living)
	assert.GreaterOrEqual(t, counted, fewestMutants)
	assert.Len(t, living, len(equivalents()), "equivalents that match no mutant")
	for _, c := range checks() {
		assert.Positive(t, counts[c.name], "mutants that %s is the first to kill", c.name)
	}
}

// equivalentTo returns the pattern in equivalents that m matches, if there is one.
func equivalentTo(m mutant) string {
	for pattern := range equivalents() {
		if regexp.MustCompile("^" + pattern + "$").MatchString(m.name) {
			return pattern
		}
	}
	return ""
}

// killer returns the name of the first check that finds something in spec, or survives. A spec that is no OpenAPI is
// invalid; examples, which are words, are not looked at.
func killer(spec []byte, code *source) string {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil || doc.Validate(context.Background(), openapi3.DisableExamplesValidation()) != nil {
		return invalid
	}
	for _, c := range checks() {
		if len(c.run(doc, code)) > 0 {
			return c.name
		}
	}
	return survives
}
