package roomtokens_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// What is retried, and how a call ends, is in TestMatrix and TestInterruptions of test/faults.

// TestEachAttemptIsWhole has a body, a key and headers of its own: a transport may still be writing those of the last.
func TestEachAttemptIsWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		var requests []*http.Request
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent, requests = append(sent, readBody(t, req)), append(requests, req)
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1), withKeys("first", "second"))
		stream := io.MultiReader(strings.NewReader(`{"token_ttl_secs":`), strings.NewReader(`60}`))
		resp, err := closeBody(
			client.API().CreateRoomClientTokenWithBody(t.Context(), roomID, "application/json", stream))
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.Equal(t, []string{`{"token_ttl_secs":60}`, `{"token_ttl_secs":60}`}, sent)
		require.Equal(t, "Bearer first", requests[0].Header.Get("Authorization"))
		require.Equal(t, "Bearer second", requests[1].Header.Get("Authorization"))
		require.Error(t, requests[0].Context().Err(), "an attempt's context ends with it")
	})
}

func TestKeyErrorEndsTheRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, retryAfter("1"), roomtokens.WithMaxRetries(2), withKeys(apiKey, "no key"))
		_, err := create(t, client)
		require.ErrorContains(t, err, "API key")
		require.ErrorIs(t, err, roomtokens.ErrRateLimited, "the response that was there is not lost")
	})
}

func TestNoRetryBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, retryAfter("10"), roomtokens.WithMaxRetries(2))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, time.Since(began))
	})
}

func TestTwoRetriesByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := roomtokens.New(apiKey, withTransport(stalled))
		require.NoError(t, err)
		_, err = create(t, client)
		require.Equal(t, 3, asError(t, err).Attempts)
	})
}
