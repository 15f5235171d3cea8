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

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// script handles each request with the next of its steps, and all after that with the last.
func script(steps ...http.HandlerFunc) http.HandlerFunc {
	next := 0
	return func(w http.ResponseWriter, req *http.Request) {
		step := steps[min(next, len(steps)-1)]
		next++
		step(w, req)
	}
}

// retryAfter is a 429 that asks for a wait.
func retryAfter(value string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Retry-After", value)
		respond(http.StatusTooManyRequests, "application/json", `{"errors":[{"code":"10011","title":"Too many requests"}]}`)(w, req)
	}
}

func TestRetriesUntilSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, script(retryAfter("3"), retryAfter("4"), created), roomtokens.WithMaxRetries(2))
		began := time.Now()
		token, err := create(t, client)
		require.NoError(t, err)
		require.EqualValues(t, clientToken, token.Token)
		require.Equal(t, 7*time.Second, time.Since(began))
	})
}

func TestLastResponseIsReturned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, script(retryAfter("1"), retryAfter("1"), respond(503, "application/json", `{"title":"closed"}`)),
			roomtokens.WithMaxRetries(2))
		_, err := create(t, client)
		refused, ok := errors.AsType[*roomtokens.Error](err)
		require.True(t, ok)
		require.Equal(t, 503, refused.StatusCode)
		require.Equal(t, 3, refused.Attempts)
		require.JSONEq(t, `{"title":"closed"}`, string(refused.Body()))
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: 503 Service Unavailable: closed, 3 attempts")
	})
}

func TestLastNetworkErrorIsReturned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		client := newClient(t, nil, roomtokens.WithMaxRetries(2), roomtokens.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				attempts++
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			}),
		}))
		_, err := create(t, client)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		failed, ok := errors.AsType[*roomtokens.Error](err)
		require.True(t, ok)
		require.Zero(t, failed.StatusCode)
		require.Equal(t, 3, failed.Attempts)
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: dial tcp: connection refused, 3 attempts")
		require.Equal(t, 3, attempts)
	})
}

func TestEachAttemptIsWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := []string{"first", "second"}
		var sent []string
		handler := func(w http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			sent = append(sent, req.Header.Get("Authorization")+" "+string(body))
			script(retryAfter("1"))(w, req)
		}
		client := newClient(t, handler, roomtokens.WithMaxRetries(1),
			roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
				next := keys[0]
				keys = keys[1:]
				return next, nil
			}))
		_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 10})
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, []string{`Bearer first {"token_ttl_secs":10}`, `Bearer second {"token_ttl_secs":10}`}, sent)
	})
}

func TestKeyErrorEndsTheRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locked := errors.New("vault is locked")
		asked := 0
		client := newClient(t, retryAfter("1"), roomtokens.WithMaxRetries(2),
			roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
				asked++
				if asked > 1 {
					return "", locked
				}
				return apiKey, nil
			}))
		_, err := create(t, client)
		require.ErrorIs(t, err, locked)
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

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, retryAfter("10"), roomtokens.WithMaxRetries(2))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(4*time.Second, cancel)
		began := time.Now()
		_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited, "the response that was there is not lost")
		require.Equal(t, 4*time.Second, time.Since(began))
	})
}

// TestContextWithACause has a transport that returns the cause, as net/http's does.
func TestContextWithACause(t *testing.T) {
	t.Parallel()
	hungUp := errors.New("the participant hung up")
	for name, row := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		want    error
	}{
		"cancelled": {func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(parent)
			time.AfterFunc(time.Second, func() { cancel(hungUp) })
			return ctx, func() { cancel(nil) }
		}, context.Canceled},
		"timed out": {func(parent context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(parent, time.Second, hungUp)
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{
					Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
						<-req.Context().Done()
						return nil, context.Cause(req.Context())
					}),
				}))
				ctx, cancel := row.context(t.Context())
				defer cancel()
				_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
				require.ErrorIs(t, err, row.want)
				require.ErrorIs(t, err, hungUp)
			})
		})
	}
}

// TestEachAttemptHasHeadersOfItsOwn: a transport may still be writing those of the attempt before.
func TestEachAttemptHasHeadersOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var headers []http.Header
		asked := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			headers = append(headers, req.Header)
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1), roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
			asked++
			return strings.Repeat("k", asked), nil
		}))
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		require.Equal(t, "Bearer k", headers[0].Get("Authorization"))
		require.Equal(t, "Bearer kk", headers[1].Get("Authorization"))
	})
}

// pooled is a transport that would close its connections if it were asked to.
type pooled struct {
	roundTrip
	emptied *int
}

func (p pooled) CloseIdleConnections() { *p.emptied++ }

func TestFailedCallLeavesThePoolAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		emptied := 0
		client := newClient(t, nil, roomtokens.WithMaxRetries(1), roomtokens.WithHTTPClient(&http.Client{
			Transport: pooled{memory(respond(500, "", "")).RoundTrip, &emptied},
		}))
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrServer)
		require.Zero(t, emptied)
	})
}

func TestAttemptTimeoutIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		client := newClient(t, nil, roomtokens.WithMaxRetries(1), roomtokens.WithAttemptTimeout(2*time.Second),
			roomtokens.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				attempts++
				if attempts == 1 {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}
				return memory(created).RoundTrip(req)
			})}))
		_, err := create(t, client)
		require.NoError(t, err)
		require.Equal(t, 2, attempts)
	})
}

func TestStreamedBodyIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, readBody(t, req))
			script(retryAfter("1"))(w, req)
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
		failed, ok := errors.AsType[*roomtokens.Error](err)
		require.True(t, ok)
		require.Equal(t, 3, failed.Attempts)
		require.GreaterOrEqual(t, time.Since(began), 45*time.Second)
		require.Less(t, time.Since(began), 46*time.Second)
	})
}

func TestKeyErrorAtTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	locked := errors.New("vault is locked")
	client := newClient(t, unreached(t), roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
		cancel()
		return "", locked
	}))
	_, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, locked)
}

// TestGeneratedClientCancelledWhileWaiting: the body of the last response can still be read, to the error.
func TestGeneratedClientCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, retryAfter("10"), roomtokens.WithMaxRetries(2))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		resp, err := client.API().CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		require.ErrorIs(t, err, context.Canceled)
		require.Contains(t, string(body), "10011")
		require.NoError(t, resp.Body.Close())
	})
}

func TestErrorTextNamesRequestAndAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("X-Request-Id", "req-1")
			respond(http.StatusBadGateway, "", "")(w, req)
		}, roomtokens.WithMaxRetries(1))
		_, err := create(t, client)
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: 502 Bad Gateway, request id req-1, 2 attempts")
	})
}
