package faults_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// TestMemoryOfHugeResponse bounds all that is allocated during a call, by the server too, which is more than what is in
// use at any one time. Like the test below it runs alone, since the runtime counts for the whole process.
//
//nolint:paralleltest // see above
func TestMemoryOfHugeResponse(t *testing.T) {
	server := roomtokenstest.NewServer()
	fault := roomtokenstest.Faults()["huge body"]
	fault.Size = 200 << 20
	server.Inject(fault)
	client := server.Client()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "larger than 1 MiB")
	allocated := after.TotalAlloc - before.TotalAlloc
	require.LessOrEqual(t, allocated, uint64(16<<20), "bytes allocated")
	t.Logf("%d KiB allocated", allocated>>10)
}

// TestMemoryOfIdleSources has each source fetch a token and then looks at what it holds besides that.
//
//nolint:paralleltest // see above
func TestMemoryOfIdleSources(t *testing.T) {
	const count = 1000
	sources := make([]*roomtokens.TokenSource, count)
	server := roomtokenstest.NewServer()
	client := server.Client()
	_, tokenBytes := newIdleSource(t, client) // what is made once is not a source's
	server.ClearRequests()
	restingHeap, restingGoroutines := heap(), runtime.NumGoroutine()
	for i := range sources {
		sources[i], _ = newIdleSource(t, client)
	}
	server.ClearRequests()
	each := (heap()-restingHeap)/count - int64(tokenBytes)
	requireGoroutines(t, restingGoroutines)
	require.LessOrEqual(t, each, int64(1<<10), "bytes for each source")
	require.Positive(t, each)
	t.Logf("%d bytes for each source", each)
	runtime.KeepAlive(sources)
}

// newIdleSource returns a source that holds a token, and how long that and its refresh token are.
func newIdleSource(t *testing.T, client *roomtokens.Client) (source *roomtokens.TokenSource, tokenBytes int) {
	t.Helper()
	source, err := client.TokenSource(uuid.New(), api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	// The context ends, as a real caller's does, and must not be held.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	token, err := source.Token(ctx)
	require.NoError(t, err)
	return source, len(token.Token) + len(token.RefreshToken)
}

// heap is how much is in use once the garbage is gone.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the first leaves the victims of sync.Pool
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
