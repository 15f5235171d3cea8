//go:build !race

package roomtokens_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// TestAllocations holds a call against the handwritten client's. Allocations, unlike time, are the same on every machine;
// the race detector changes them. They are counted for the whole process, so that nothing may run beside.
func TestAllocations(t *testing.T) { //nolint:paralleltest // see above
	cost := map[string]testing.BenchmarkResult{}
	for _, caller := range callers(t, canned{}, api.ServerURL) {
		if caller.name == "handwritten" || caller.name == "roomtokens" {
			cost[caller.name] = testing.Benchmark(func(b *testing.B) {
				b.Helper()
				benchmark(b, caller.create)
			})
		}
	}
	require.LessOrEqual(t, float64(cost["roomtokens"].AllocsPerOp()), 1.4*float64(cost["handwritten"].AllocsPerOp()))
	require.LessOrEqual(t, float64(cost["roomtokens"].AllocedBytesPerOp()), 1.1*float64(cost["handwritten"].AllocedBytesPerOp()))
}

func TestTokenSourceCachedPathDoesNotAllocate(t *testing.T) { //nolint:paralleltest // as above
	source := newSource(t)
	_, err := source.Token(t.Context())
	require.NoError(t, err)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = source.Token(ctx) }))
}
