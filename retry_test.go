package roomtokens_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestRetriesUntilSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, script(retryAfter("3"), retryAfter("4"), created), roomtokens.WithMaxRetries(2))
		began := time.Now()
		token, err := create(t, client)
		require.NoError(t, err)
		require.EqualValues(t, clientToken, token.Token)
		require.GreaterOrEqual(t, time.Since(began), 7*time.Second)
		require.LessOrEqual(t, time.Since(began), 7*time.Second*11/10)
	})
}

func TestLastResponseIsReturned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		last := withHeader("X-Request-Id", "req-3", respond(503, "application/json", `{"title":"closed"}`))
		client := newClient(t, script(retryAfter("1"), retryAfter("1"), last), roomtokens.WithMaxRetries(2))
		_, err := create(t, client)
		refused := asError(t, err)
		require.Equal(t, 503, refused.StatusCode)
		require.Equal(t, 3, refused.Attempts)
		require.JSONEq(t, `{"title":"closed"}`, string(refused.Body()))
		require.EqualError(t, err,
			"roomtokens: CreateRoomClientToken: 503 Service Unavailable: closed, request id req-3, 3 attempts")
	})
}

func TestLastNetworkErrorIsReturned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, nil, roomtokens.WithMaxRetries(2),
			withTransport(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			}))
		_, err := create(t, client)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.Zero(t, asError(t, err).StatusCode)
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: dial tcp: connection refused, 3 attempts")
	})
}

// TestEachAttemptIsWhole has a body, a key and headers of its own: a transport may still be writing those of the last.
func TestEachAttemptIsWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		var headers []http.Header
		var contexts []context.Context
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, readBody(t, req))
			headers, contexts = append(headers, req.Header), append(contexts, req.Context())
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1), withKeys("first", "second"))
		_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 10})
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, []string{`{"token_ttl_secs":10}`, `{"token_ttl_secs":10}`}, sent)
		require.Equal(t, "Bearer first", headers[0].Get("Authorization"))
		require.Equal(t, "Bearer second", headers[1].Get("Authorization"))
		require.Error(t, contexts[0].Err(), "an attempt's context ends with it")
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

// TestCanceledWhileWaiting: the last response is not lost, and the generated client's body reads up to the error.
func TestCanceledWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, retryAfter("10"), roomtokens.WithMaxRetries(2))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(4*time.Second, cancel)
		began := time.Now()
		go func() {
			_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
			assert.ErrorIs(t, err, context.Canceled)
			assert.ErrorIs(t, err, roomtokens.ErrRateLimited)
		}()
		resp, err := client.API().CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		require.ErrorIs(t, err, context.Canceled)
		require.Contains(t, string(body), "10011")
	})
}

// TestContextWithACause matches it wherever the call was: in an attempt, where net/http returns the cause alone, in the
// wait for the next one, in a key function and in an editor.
func TestContextWithACause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hungUp := errors.New("the participant hung up")
		wait := func(ctx context.Context) error { <-ctx.Done(); return errors.New("gave up") }
		for name, opts := range map[string][]roomtokens.Option{
			"in flight": {withTransport(func(req *http.Request) (*http.Response, error) {
				<-req.Context().Done()
				return nil, context.Cause(req.Context())
			})},
			"between attempts": {roomtokens.WithMaxRetries(1)},
			"in a key function": {roomtokens.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
				return "", wait(ctx)
			})},
			"in an editor": {roomtokens.WithRequestEditor(func(ctx context.Context, _ *http.Request) error {
				return wait(ctx)
			})},
		} {
			client := newClient(t, retryAfter("10"), opts...)
			canceled, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(hungUp) })
			timedOut, stop := context.WithTimeoutCause(t.Context(), 2*time.Second, hungUp)
			defer stop()
			for _, ctx := range []context.Context{canceled, timedOut} {
				if name == "between attempts" && ctx == timedOut {
					continue // there is no wait that outlives a deadline
				}
				_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
				require.ErrorIs(t, err, ctx.Err(), name)
				require.ErrorIs(t, err, hungUp, name)
			}
		}
	})
}

func TestAttemptTimeoutIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transports := []roundTrip{stalled, memory(created).RoundTrip}
		client := newClient(t, nil, roomtokens.WithMaxRetries(1), roomtokens.WithAttemptTimeout(2*time.Second),
			withTransport(func(req *http.Request) (*http.Response, error) {
				next := transports[0]
				transports = transports[1:]
				return next(req)
			}))
		_, err := create(t, client)
		require.NoError(t, err)
		require.Empty(t, transports)
	})
}

func TestStreamedBodyIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, readBody(t, req))
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1))
		stream := io.MultiReader(strings.NewReader(`{"token_ttl_secs":`), strings.NewReader(`60}`))
		resp, err := client.API().CreateRoomClientTokenWithBody(t.Context(), roomID, "application/json", stream)
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, []string{`{"token_ttl_secs":60}`, `{"token_ttl_secs":60}`}, sent)
	})
}

// TestDefaultsOfRetries: two retries, after attempts of 15 s.
func TestDefaultsOfRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := roomtokens.New(apiKey, withTransport(stalled))
		require.NoError(t, err)
		began := time.Now()
		_, err = create(t, client)
		require.Equal(t, 3, asError(t, err).Attempts)
		require.GreaterOrEqual(t, time.Since(began), 45*time.Second)
		require.Less(t, time.Since(began), 46*time.Second)
	})
}
