package roomtokens_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// opaque is a refresh token that is no JWT.
const opaque = "secret-token/+=="

// requireNoSecret looks for the key and for each part of a token.
func requireNoSecret(t *testing.T, text string) {
	t.Helper()
	require.NotContains(t, text, apiKey)
	require.NotContains(t, text, "cret", "the opaque token")
	for part := range strings.SplitSeq(clientToken+"."+refreshToken, ".") {
		require.NotContains(t, text, part)
	}
}

// shown is value in every way in which a program may print it by mistake.
func shown(value any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&out, verb+"\n", value)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("shown", "value", value)
	}
	return out.String()
}

func TestValuesShowNoSecret(t *testing.T) {
	t.Parallel()
	client := newClient(t, created)
	token, err := create(t, client)
	require.NoError(t, err)
	refreshed, err := refresh(t, client)
	require.NoError(t, err)
	held := *token
	held.TokenExpiresAt = time.Now().Add(time.Hour)
	source := newSource(t, client, roomtokens.WithInitialToken(&held))
	for name, value := range map[string]any{
		"client":             client,
		"client, by value":   *client,
		"generated client":   client.API(),
		"option":             roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return apiKey, nil }),
		"bearer editor":      roomtokens.BearerAuth(apiKey),
		"client token":       token,
		"refreshed token":    *refreshed,
		"refresh params":     api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken},
		"generated response": api.CreateRoomClientToken201Response{Data: *token},
		"token source":       source,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireNoSecret(t, shown(value))
		})
	}
}

// TestErrorsShowNoSecret has the server echo all that it got.
func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	const echo = apiKey + " " + refreshToken + " " + clientToken
	for name, row := range map[string]struct {
		status int
		body   string
	}{
		"envelope": {403, `{"errors":[{"code":"1 ` + echo + `","title":"` + echo + `","detail":"` + echo + `",` +
			`"source":{"pointer":"` + echo + `"}}]}`},
		"meta":            {422, `{"title":"t","meta":{"` + echo + `":["` + echo + `",{"a":"` + echo + `"}]}}`},
		"message":         {500, `{"success":false,"message":"` + echo + `"}`},
		"not JSON":        {502, echo},
		"bad timestamp":   {201, `{"data":{"token":"` + clientToken + `","token_expires_at":"` + echo + `"}}`},
		"name":            {201, `{"data":{"` + echo + `":1,"` + echo + `":2}}`},
		"number for data": {201, `{"data":"` + echo + `"}`},
		"status 200":      {200, createdBody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				w.Header().Set("X-Request-Id", req.Header.Get("Authorization"))
				respond(row.status, "application/json", row.body)(w, req)
			})
			_, err := create(t, client)
			for _, err := range []error{err, refreshWith(t, client, apiKey)} {
				refused := asError(t, err)
				text := shown(err) + shown(*refused) + shown(refused.Problems)
				bodyAsNumbers := strings.Trim(fmt.Sprintf("%d", []byte(row.body[:8])), "[]")
				require.NotContains(t, text, bodyAsNumbers)
				requireNoSecret(t, text)
			}
		})
	}
}

// TestNetworkErrorsShowNoSecret has a peer that does not speak HTTP echo what it got, and net/http quote it.
func TestNetworkErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, http.StatusForbidden} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, withTransport(func(req *http.Request) (*http.Response, error) {
				key := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
				err := fmt.Errorf("malformed %q: %w", cmp.Or(key, opaque), io.ErrUnexpectedEOF)
				if status == 0 {
					return nil, err
				}
				return &http.Response{StatusCode: status, Header: req.Header, Body: io.NopCloser(failing{err})}, nil
			}))
			_, err := create(t, client)
			for _, err := range []error{err, refreshWith(t, client, opaque)} {
				require.ErrorContains(t, err, `malformed "[REDACTED]": unexpected EOF`)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "it still matches")
				require.NotErrorIs(t, err, io.EOF)
				for ; err != nil; err = errors.Unwrap(err) {
					requireNoSecret(t, shown(err))
				}
			}
		})
	}
}

// TestErrorTextKeepsWhatIsNoSecret: a request without a token leaves the text alone.
func TestErrorTextKeepsWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	failure := errors.New("connection lost")
	client := newFailingClient(t, failure,
		withEditor(func(req *http.Request) { req.Header.Set("Authorization", "Bearer ") }))
	body := strings.NewReader("no JSON")
	resp, err := client.API().RefreshRoomClientTokenWithBody(t.Context(), roomID, "text/plain", body)
	require.Nil(t, resp)
	require.EqualError(t, err, "roomtokens: RefreshRoomClientToken: connection lost")
	require.Same(t, failure, errors.Unwrap(err))
}

// TestLogShowsNoSecret has the server send a token, or the one it got, as the request id.
func TestLogShowsNoSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, log := withLog()
		requestID := clientToken
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Authorization", req.Header.Get("Authorization"))
			w.Header().Set("X-Request-Id", requestID)
			w.Header().Set("Set-Cookie", refreshToken)
			respond(http.StatusServiceUnavailable, "application/json", `{"title":"`+refreshToken+apiKey+`"}`)(w, req)
		}, roomtokens.WithMaxRetries(1), logger)
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrServer)
		requestID = opaque
		require.ErrorIs(t, refreshWith(t, client, opaque), roomtokens.ErrServer)
		require.Equal(t, 2*3, strings.Count(log.String(), "\n"), log.String())
		require.Equal(t, 2*3, strings.Count(log.String(), `"request_id":"[REDACTED]"`), log.String())
		requireNoSecret(t, log.String())
	})
}

// TestEchoOfAnEarlierKey: the response to the second attempt holds the key of the first.
func TestEchoOfAnEarlierKey(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ first, second, echo, want string }{
		"one after the other": {"key-of-before", "key-of-now", "key-of-before key-of-now", "[REDACTED] [REDACTED]"},
		"key longer by a few": {"key-of-now", "key-of-now-2", "key-of-now-2", "[REDACTED]"},
		"key shorter":         {"key-of-now-2", "key-of-now", "key-of-now-2", "[REDACTED]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, script(retryAfter("1"), respond(403, "", `{"title":"`+row.echo+`"}`)),
					roomtokens.WithMaxRetries(1), withKeys(row.first, row.second))
				_, err := create(t, client)
				require.EqualError(t, err,
					"roomtokens: CreateRoomClientToken: 403 Forbidden: "+row.want+", 2 attempts")
			})
		})
	}
}

func TestWhatLooksLikeAJWT(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"eyJ":                              "eyJ",
		"short, and far away: eyJ":         "short, and far away: eyJ",
		"eyJhbGciOi":                       "eyJhbGciOi",
		"eyJhbGciOiJ":                      "[REDACTED]",
		"eyJazAZ09-_.!":                    "[REDACTED]!",
		"token=eyJhbGciOiJ_-9.eyJ.c2ln!":   "token=[REDACTED]!",
		"Bearer short":                     "Bearer short",
		"Bearer abc.eyJhbGciOiJ":           "Bearer [REDACTED]",
		"eyJ short, eyJhbGciOiJFZDI1NTE5":  "eyJ short, [REDACTED]",
		"<eyJhbGciOiJ.a.b><eyJhbGciOiJ.c>": "<[REDACTED]><[REDACTED]>",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := create(t, newFailingClient(t, errors.New(text)))
			require.EqualError(t, err, "roomtokens: CreateRoomClientToken: "+want)
		})
	}
}

// TestEchoOfAKeyThatMiddlewareMoved: the server echoes a header that the client did not set.
func TestEchoOfAKeyThatMiddlewareMoved(t *testing.T) {
	t.Parallel()
	move := withMiddleware(func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		req.Header.Set("X-Api-Key", strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
		req.Header.Del("Authorization")
		return next.RoundTrip(req)
	})
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		respond(403, "", `{"title":"key `+req.Header.Get("X-Api-Key")+` is bad"}`)(w, req)
	}, move)
	_, err := create(t, client)
	require.EqualError(t, err, "roomtokens: CreateRoomClientToken: 403 Forbidden: key [REDACTED] is bad")
}

func TestPanicErrorShowsNoToken(t *testing.T) {
	t.Parallel()
	err := &roomtokens.PanicError{Value: http.Header{"Authorization": {"Bearer " + apiKey}, "Cookie": {clientToken}}}
	requireNoSecret(t, strings.ReplaceAll(err.Error(), "Bearer [REDACTED]", ""))
	require.Contains(t, err.Error(), "panic: map[Authorization:[Bearer [REDACTED]]")
}
