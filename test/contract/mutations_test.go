package contract_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fewestMutants keeps a walk that misses a part of the spec from passing for want of mutants.
const fewestMutants = 120

// equivalents are the mutants that say the same as openapi.yaml, and why. They must live.
func equivalents() map[string]string {
	return map[string]string{
		"paths./rooms/{room_id}/actions/generate_join_client_token.post: security is [{\"bearerAuth\":[]}]": "it repeats what the document asks of every operation",
		"components.schemas.video_Error.meta: additionalProperties is dropped":                              "true is what JSON Schema takes it for",
	}
}

// TestEveryMutantIsKilled runs the checks on every faulty variant of the spec: one that no check tells from the spec
// itself is a hole in the contract.
func TestEveryMutantIsKilled(t *testing.T) {
	t.Parallel()
	if len(killersOf(specJSON(t), inspect())) > 0 {
		t.Skip("spec and code disagree, as TestContract says; until they do not, every mutant seems killed")
	}
	mutants, same := mutantsOf(t), equivalents()
	killers := run(mutants)
	living, kills := map[string]string{}, map[string]int{}
	for i, m := range mutants {
		if len(killers[i]) == 0 {
			living[m.name] = same[m.name]
		}
		for _, name := range killers[i] {
			kills[name]++
		}
		if len(killers[i]) == 1 {
			kills[killers[i][0]+" alone"]++
		}
	}
	total := len(mutants) - len(same)
	t.Logf("killed %d of %d", len(mutants)-len(living), total)
	t.Logf("by check: %v", kills)
	assert.Equal(t, same, living, "mutants that no check tells from the spec, or equivalents that one does")
	assert.GreaterOrEqual(t, total, fewestMutants)
	assert.LessOrEqual(t, len(same), 5)
	for _, c := range checks() {
		assert.Positive(t, kills[c.name], "a check that finds nothing wrong with any mutant: "+c.name)
	}
}

// run returns for each mutant the checks that find something.
func run(mutants []mutant) [][]string {
	killers := make([][]string, len(mutants))
	next, code := make(chan int), inspect()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				killers[i] = killersOf(mutants[i].spec, code)
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	workers.Wait()
	return killers
}

func killersOf(spec []byte, code *code) []string {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return []string{"loading"}
	}
	var names []string
	for _, c := range checks() {
		if len(c.run(doc, code)) > 0 {
			names = append(names, c.name)
		}
	}
	return names
}

func TestSpecWithoutFaultLives(t *testing.T) {
	t.Parallel()
	require.Empty(t, killersOf(specJSON(t), inspect()))
}

func TestMutantsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{string(specJSON(t)): "the spec itself"}
	var names []string
	for _, m := range mutantsOf(t) {
		require.NotContains(t, seen, string(m.spec), m.name)
		seen[string(m.spec)] = m.name
		names = append(names, m.name)
	}
	slices.Sort(names)
	require.Equal(t, names, slices.Compact(slices.Clone(names)), "a name for each")
}
