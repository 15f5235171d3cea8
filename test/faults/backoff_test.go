package faults_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// roundTrip is an http.RoundTripper without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestBackoff has enough calls fail, often enough, that the waits show their distribution: uniform below a bound that
// doubles from 250 ms to 8 s.
func TestBackoff(t *testing.T) {
	t.Parallel()
	const calls, retries = 400, 8
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Time
		client, err := roomtokens.New(apiKey, roomtokens.WithMaxRetries(retries),
			roomtokens.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				attempts = append(attempts, time.Now())
				return &http.Response{StatusCode: http.StatusInternalServerError}, nil
			})}))
		require.NoError(t, err)
		var waits [retries][]time.Duration
		for range calls {
			attempts = nil
			_, err := operations()[0].call(t.Context(), client)
			require.ErrorIs(t, err, roomtokens.ErrServer)
			require.Len(t, attempts, retries+1)
			for i := range retries {
				waits[i] = append(waits[i], attempts[i+1].Sub(attempts[i]))
			}
		}
		for i, some := range waits {
			requireUniform(t, some, min(250*time.Millisecond<<i, 8*time.Second))
		}
	})
}

// requireUniform allows for six standard deviations of the mean.
func requireUniform(t *testing.T, waits []time.Duration, bound time.Duration) {
	t.Helper()
	var sum time.Duration
	for _, wait := range waits {
		sum += wait
	}
	require.GreaterOrEqual(t, slices.Min(waits), time.Duration(0))
	require.LessOrEqual(t, slices.Max(waits), bound)
	require.Greater(t, slices.Max(waits), bound*9/10)
	require.Less(t, slices.Min(waits), bound/10)
	require.InDelta(t, bound/2, sum/time.Duration(len(waits)), float64(bound)/11)
}
