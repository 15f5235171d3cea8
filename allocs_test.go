//go:build !race

package roomtokens_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxAllocations is the budget of a call, from the parameters to the decoded token. The hooks that tell an attempt's
// phase take 8 of them.
const maxAllocations = 48

// TestAllocations compares a call with its budget and with the handwritten client. Allocations, unlike time, are the
// same on every machine; the race detector changes them. They are counted for the whole process: no test runs beside.
func TestAllocations(t *testing.T) { //nolint:paralleltest // see above
	hand, wrapper := cannedCallers(t)
	theirs := testing.Benchmark(benchmark(hand.create))
	ours := testing.Benchmark(benchmark(wrapper.create))
	require.LessOrEqual(t, ours.AllocsPerOp(), int64(maxAllocations))
	require.LessOrEqual(t, ours.AllocedBytesPerOp(), theirs.AllocedBytesPerOp())
	require.LessOrEqual(t, testing.Benchmark(benchmark(wrapper.refresh)).AllocsPerOp(), int64(maxAllocations))
}

func TestTokenSourceCachedPathDoesNotAllocate(t *testing.T) { //nolint:paralleltest // as above
	source := newWorld().source(t, 3600)
	_, err := source.Token(t.Context())
	require.NoError(t, err)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = source.Token(ctx) }))
}

func TestErrorHoldsLittleOfALargeResponse(t *testing.T) { //nolint:paralleltest // as above
	const count = 50
	for name, body := range map[string]string{
		"text":          strings.Repeat("x", 1<<20),
		"long title":    `{"title": "` + strings.Repeat("x", 60<<10) + `"}`,
		"large meta":    `{"title": "t", "meta": {"a": [` + strings.Repeat("1,", 30<<10) + `1]}}`,
		"many problems": `{"errors": [` + strings.Repeat(`{"code": "1"},`, 4000) + `{"code": "1"}]}`,
	} {
		client := newClient(t, respond(http.StatusInternalServerError, "application/json", body))
		errs := make([]error, count)
		before := heapInUse()
		for i := range errs {
			_, errs[i] = create(t, client)
		}
		require.Less(t, (heapInUse()-before)/count, int64(16<<10), "bytes for each: %s", name)
		runtime.KeepAlive(errs)
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first leaves the victims of sync.Pool
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
