package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// TestMemoryOfHugeAnswer bounds all that is allocated during a call, by the server too, which is more than what is in
// use at any one time. Like the test below it runs alone, since the runtime counts for the whole process.
//
//nolint:paralleltest // see above
func TestMemoryOfHugeAnswer(t *testing.T) {
	for name, compressed := range map[string]bool{"plain": false, "gzip": true} {
		for _, op := range operations() {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					huge(http.StatusCreated, compressed)(w, req, 1)
				}))
				t.Cleanup(server.Close)
				client, err := roomtokens.New(
					apiKey,
					roomtokens.WithBaseURL(server.URL+"/v2"),
					roomtokens.WithAttemptTimeout(time.Minute),
				)
				require.NoError(t, err)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err = op.call(t.Context(), client)
				runtime.ReadMemStats(&after)
				require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
				require.ErrorContains(t, err, "larger than 1 MiB")
				allocated := after.TotalAlloc - before.TotalAlloc
				require.LessOrEqual(t, allocated, uint64(16<<20), "bytes allocated")
				t.Logf("%d KiB allocated", allocated>>10)
			})
		}
	}
}

// TestMemoryOfIdleSources has each source fetch a token and then looks at what it holds besides that.
//
//nolint:paralleltest // see above
func TestMemoryOfIdleSources(t *testing.T) {
	const count, tokenBytes = 10_000, 700
	client, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{Transport: mint(tokenBytes)}))
	require.NoError(t, err)
	sources := make([]*roomtokens.TokenSource, count)
	newIdleSource(t, client) // what is made once is not a source's
	restingHeap, restingGoroutines := heap(), runtime.NumGoroutine()
	for i := range sources {
		sources[i] = newIdleSource(t, client)
	}
	each := (heap()-restingHeap)/count - 2*tokenBytes
	requireGoroutines(t, restingGoroutines)
	require.LessOrEqual(t, each, int64(2<<10), "bytes for each source")
	require.Positive(t, each)
	t.Logf("%d bytes for each source", each)
	runtime.KeepAlive(sources)
}

func newIdleSource(t *testing.T, client *roomtokens.Client) *roomtokens.TokenSource {
	t.Helper()
	source, err := client.TokenSource(uuid.New(), api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	// The context ends, as a real caller's does, and must not be held.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = source.Token(ctx)
	require.NoError(t, err)
	return source
}

// mint responds with two tokens of so many bytes, fresh in memory each time.
func mint(tokenBytes int) http.RoundTripper {
	return roundTrip(func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		token, soon := strings.Repeat("t", tokenBytes), time.Now().Add(10*time.Minute).UTC().Format(time.RFC3339)
		fmt.Fprintf(w, `{"data":{"token":%q,"token_expires_at":%q,"refresh_token":%q,"refresh_token_expires_at":%q}}`,
			token, soon, token, soon)
		return w.Result(), nil
	})
}

// heap is how much is in use once the garbage is gone.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the first leaves the victims of sync.Pool
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
