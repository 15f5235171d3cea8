package exchange

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// keys authorizes attempts with keys that are used one after the other.
func keys(all ...string) func(context.Context, api.Operation) (string, error) {
	return func(context.Context, api.Operation) (string, error) {
		if len(all) == 0 {
			return "", errNoKey
		}
		next := all[0]
		all = all[1:]
		if next == "" {
			return "", nil
		}
		return "Bearer " + next, nil
	}
}

var errNoKey = errors.New("no key")

// TestEachAttemptIsWhole has a URL, a body, a key and headers of its own: a transport may still be writing the last
// one.
func TestEachAttemptIsWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests []*http.Request
		s := newSender(t, Config{
			MaxRetries: 1, Authorize: keys("first", "second"), Header: http.Header{"Accept": {"text/plain"}},
			HTTPClient: memory(func(w http.ResponseWriter, req *http.Request) {
				body, err := io.ReadAll(req.Body)
				require.NoError(t, err)
				require.Equal(t, "body", string(body))
				require.Equal(t, "/v2/rooms", req.URL.Path)
				require.Equal(t, []string{"text/plain"}, req.Header["Accept"])
				req.URL.Path, req.Header["Accept"][0] = "/elsewhere", "changed"
				requests = append(requests, req)
				busy(w, req)
			}),
		})
		result := send(t.Context(), t, s, anyURL)
		require.Equal(t, 2, result.Attempts)
		require.Equal(t, "Bearer first", requests[0].Header.Get("Authorization"))
		require.Equal(t, "Bearer second", requests[1].Header.Get("Authorization"))
		require.Equal(t, "Bearer second", result.Authorization)
		require.Equal(t, []string{"Bearer first"}, result.Earlier)
		require.Error(t, requests[0].Context().Err(), "an attempt's context ends with it")
	})
}

// TestAuthorizeFails: nothing is sent, or the response that was there is not lost.
func TestAuthorizeFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		s := newSender(t, Config{MaxRetries: 2, Authorize: keys("first"), HTTPClient: memory(
			func(w http.ResponseWriter, req *http.Request) { requests++; busy(w, req) })})
		result := send(t.Context(), t, s, anyURL)
		require.Equal(t, http.StatusServiceUnavailable, result.Status())
		require.Equal(t, errNoKey, result.Err)
		require.Equal(t, 1, requests)

		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, anyURL, http.NoBody)
		require.NoError(t, err)
		_, err = s.Send(req, Call{Operation: create})
		require.Equal(t, errNoKey, err)
		require.Equal(t, 1, requests)
	})
}

// TestWaitsThatAreTooLong end the call at once: beyond its deadline, or longer than half a minute.
func TestWaitsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for asked, deadline := range map[string]time.Duration{"10": 10 * time.Second, "31": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newSender(t, Config{MaxRetries: 2, HTTPClient: memory(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", asked)
				w.WriteHeader(http.StatusServiceUnavailable)
			})})
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			began := time.Now()
			result := send(ctx, t, s, anyURL)
			require.Equal(t, http.StatusServiceUnavailable, result.Status())
			require.NoError(t, result.Err)
			require.Equal(t, 1, result.Attempts)
			require.Zero(t, time.Since(began))
		})
	}
}

// TestResponseAsTheContextEnds is not lost.
func TestResponseAsTheContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	created := memory(func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusCreated)
	})
	result := send(ctx, t, newSender(t, Config{HTTPClient: created}), anyURL)
	require.NoError(t, result.Err)
	require.Equal(t, http.StatusCreated, result.Status())
}

// TestADeadlineThatIsFarAway does not keep from a retry.
func TestADeadlineThatIsFarAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		result := send(ctx, t, newSender(t, Config{MaxRetries: 2, HTTPClient: memory(busy)}), anyURL)
		require.Equal(t, 3, result.Attempts)
	})
}

// TestWaitsEndWithTheContext, and the result says so.
func TestWaitsEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		began := time.Now()
		result := send(ctx, t, newSender(t, Config{MaxRetries: 2, HTTPClient: memory(busy)}), anyURL)
		require.Equal(t, time.Second/2, time.Since(began))
		require.Equal(t, http.StatusServiceUnavailable, result.Status())
		require.ErrorIs(t, result.Err, context.Canceled)
		require.Equal(t, 1, result.Attempts)
	})
}

// TestTimesOfAResult are those of its attempt.
func TestTimesOfAResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		result := send(t.Context(), t, newSender(t, Config{HTTPClient: memory(func(http.ResponseWriter, *http.Request) {
			time.Sleep(3 * time.Second)
		})}), anyURL)
		require.Equal(t, began, result.SentAt)
		require.Equal(t, began.Add(3*time.Second), result.ReceivedAt)
	})
}

// TestRotatedKey: after a 401 the key is asked for once more, and the call is repeated if it is another one.
func TestRotatedKey(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		operation api.Operation
		keys      []string
		statuses  []int
		want      string // the keys that were sent
	}{
		"rotated":            {create, []string{"old", "new"}, []int{401, 201}, "old new"},
		"the same":           {create, []string{"old", "old"}, []int{401}, "old"},
		"none any more":      {create, []string{"old"}, []int{401}, "old"},
		"rotated, and wrong": {create, []string{"old", "new", "newer"}, []int{401, 401}, "old new"},
		"rotated, and busy":  {create, []string{"old", "new", "new"}, []int{401, 503, 201}, "old new new"},
		"one retry in all":   {create, []string{"old", "old", "new"}, []int{503, 401, 503}, "old old new"},
		"busy, then rotated": {create, []string{"old", "old", "new"}, []int{503, 401, 201}, "old old new"},
		"no key is needed":   {refresh, []string{"", ""}, []int{401}, "gateway"},
		"another refusal":    {create, []string{"old", "new"}, []int{403}, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				s := newSender(t, Config{
					MaxRetries: 1, Authorize: keys(row.keys...),
					HTTPClient: memory(func(w http.ResponseWriter, req *http.Request) {
						w.WriteHeader(row.statuses[len(sent)])
						sent = append(sent, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
					}),
				})
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, anyURL, http.NoBody)
				require.NoError(t, err)
				req.Header.Set("Authorization", "Bearer gateway") // as an editor may
				result, err := s.Send(req, Call{Operation: row.operation})
				require.NoError(t, err)
				require.NoError(t, result.Err)
				require.Equal(t, row.statuses[len(row.statuses)-1], result.Status())
				require.Equal(t, row.want, strings.Join(sent, " "))
				require.Equal(t, len(row.statuses), result.Attempts)
			})
		})
	}
}

func TestMiddlewareThatReturnsNil(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Middleware: []func(http.RoundTripper) http.RoundTripper{
		func(http.RoundTripper) http.RoundTripper { return nil },
	}})
	require.EqualError(t, err, "middleware returns nil")
}
