package faults_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
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
	fake := roomtokenstest.NewServer()
	fault := roomtokenstest.Faults()["huge body"]
	fault.Size = 200 << 20
	fake.Inject(fault)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	client, err := roomtokens.New(fake.APIKey(), roomtokens.WithBaseURL(server.URL+"/v2"))
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = call(t.Context(), client, api.OperationCreateRoomClientToken, roomID, "")
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
	const count = 10_000
	sources := make([]*roomtokens.TokenSource, count)
	client := newReplayClient(t)
	_, tokenBytes := newIdleSource(t, client) // what is made once is not a source's
	restingHeap, restingGoroutines := heap(), runtime.NumGoroutine()
	for i := range sources {
		sources[i], _ = newIdleSource(t, client)
	}
	each := (heap()-restingHeap)/count - int64(tokenBytes)
	requireGoroutines(t, restingGoroutines)
	require.LessOrEqual(t, each, int64(1<<10), "bytes for each source")
	require.Positive(t, each)
	t.Logf("%d bytes for each source", each)
	runtime.KeepAlive(sources)
}

// newReplayClient returns a client for which the fake has signed one response, which it gets again and again.
func newReplayClient(t *testing.T) *roomtokens.Client {
	t.Helper()
	fake := roomtokenstest.NewServer()
	resp, err := fake.Client().API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return fake.Client(roomtokens.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
		return roundTrip(func(*http.Request) (*http.Response, error) {
			replay := *resp
			replay.Body = io.NopCloser(bytes.NewReader(body))
			return &replay, nil
		})
	}))
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
