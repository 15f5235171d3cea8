package roomtokens_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// requireNoSecret looks for the key and for each part of a token.
func requireNoSecret(t *testing.T, text string) {
	t.Helper()
	require.NotContains(t, text, apiKey)
	require.NotContains(t, text, "Bearer")
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
	source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	for name, value := range map[string]any{
		"client":           client,
		"client, by value": *client,
		"generated client": client.API(),
		"option":           roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return apiKey, nil }),
		"bearer editor":    roomtokens.BearerAuth(apiKey),
		"client token":     token,
		"refreshed token":  *refreshed,
		"refresh params":   api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken},
		"generated answer": api.CreateRoomClientToken201Response{Data: *token},
		"token source":     source,
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
	echo := apiKey + " " + refreshToken + " " + clientToken + " " + clientToken[:20]
	for name, row := range map[string]struct {
		status int
		body   string
	}{
		"envelope":        {403, `{"errors":[{"code":"1 ` + echo + `","title":"` + echo + `","detail":"` + echo + `","source":{"pointer":"` + echo + `"}}]}`},
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
			for _, call := range []func() error{
				func() error { _, err := create(t, client); return err },
				func() error {
					_, err := client.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: apiKey})
					return err
				},
			} {
				err := call()
				refused, ok := errors.AsType[*roomtokens.Error](err)
				require.True(t, ok)
				text := shown(err) + shown(*refused) + shown(refused.Problems)
				require.NotContains(t, text, strings.Trim(fmt.Sprintf("%d", []byte(row.body[:8])), "[]"), "the body, as numbers")
				requireNoSecret(t, strings.ReplaceAll(text, "Bearer", ""))
			}
		})
	}
}

// TestNetworkErrorsShowNoSecret has a peer that does not speak HTTP echo what it got, and net/http quote it.
func TestNetworkErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]func(req *http.Request, body string) (*http.Response, error){
		"no answer": func(req *http.Request, body string) (*http.Response, error) {
			return nil, fmt.Errorf("malformed HTTP response %q", req.Header.Get("Authorization")+body)
		},
		"broken answer": func(req *http.Request, body string) (*http.Response, error) {
			broken := fmt.Errorf("invalid trailer %q", req.Header.Get("Authorization")+body)
			return &http.Response{
				StatusCode: http.StatusForbidden, Header: http.Header{"Authorization": {req.Header.Get("Authorization")}},
				Body: io.NopCloser(io.MultiReader(strings.NewReader(body), failing{broken})),
			}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{
				Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(req.Body)
					require.NoError(t, err)
					return said(req, string(body))
				}),
			}))
			const opaque = "opaque-refresh-token"
			_, err := create(t, client)
			_, refreshErr := client.RefreshRoomClientToken(t.Context(), roomID,
				api.RefreshRoomClientTokenRequest{RefreshToken: opaque})
			for _, err := range []error{err, refreshErr} {
				require.Error(t, err)
				requireNoSecret(t, strings.ReplaceAll(shown(err), "Bearer", ""))
				require.NotContains(t, shown(err), opaque)
				for inner := err; inner != nil; inner = errors.Unwrap(inner) {
					require.NotContains(t, inner.Error(), opaque)
				}
			}
		})
	}
}

func TestLogShowsNoSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		attempts := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			attempts++
			w.Header().Set("Authorization", req.Header.Get("Authorization"))
			w.Header().Set("X-Request-Id", clientToken)
			w.Header().Set("Set-Cookie", refreshToken)
			if attempts == 1 {
				respond(http.StatusServiceUnavailable, "application/json", `{"title":"`+refreshToken+apiKey+`"}`)(w, req)
				return
			}
			created(w, req)
		},
			roomtokens.WithMaxRetries(2),
			roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		)
		_, err := create(t, client)
		require.NoError(t, err)
		require.Equal(t, 3, strings.Count(log.String(), "\n"), log.String())
		requireNoSecret(t, log.String())
	})
}

func TestLogShowsNoOpaqueRefreshToken(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		w.Header().Set("X-Request-Id", string(body))
		respond(http.StatusForbidden, "application/json", string(body))(w, req)
	}, roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	_, err := client.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: "opaque-refresh"})
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	require.Contains(t, log.String(), "[REDACTED]")
	require.NotContains(t, log.String()+err.Error(), "opaque-refresh")
}

// TestEchoOfAnEarlierKey: the server answers the second attempt with the key of the first.
func TestEchoOfAnEarlierKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := []string{"key-of-before", "key-of-now"}
		client := newClient(t, script(retryAfter("1"), respond(403, "application/json", `{"title":"key-of-before key-of-now"}`)),
			roomtokens.WithMaxRetries(1), roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
				next := keys[0]
				keys = keys[1:]
				return next, nil
			}))
		_, err := create(t, client)
		require.EqualError(t, err,
			"roomtokens: CreateRoomClientToken: 403 Forbidden: [REDACTED] [REDACTED], 2 attempts")
	})
}

// TestEchoOfAnEscapedToken has refresh tokens that look otherwise once they are quoted or in a URL.
func TestEchoOfAnEscapedToken(t *testing.T) {
	t.Parallel()
	const token = "se\"cret\\to ken\u00e9"
	for name, echo := range map[string]string{
		"as it is": token, "quoted": fmt.Sprintf("%q", token), "in a query": url.QueryEscape(token),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
				return nil, fmt.Errorf("malformed response: %s: %w", echo, io.ErrUnexpectedEOF)
			}))
			_, err := client.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: token})
			require.ErrorContains(t, err, "[REDACTED]")
			require.NotContains(t, err.Error(), "cret")
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "it still matches")
			require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "cret")
		})
	}
}

func TestWhatLooksLikeAJWT(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"eyJ":                              "eyJ",
		"eyJhbGciOi":                       "eyJhbGciOi",
		"eyJhbGciOiJ":                      "[REDACTED]",
		"token=eyJhbGciOiJ_-9.eyJ.c2ln!":   "token=[REDACTED]!",
		"eyJ short, eyJhbGciOiJFZDI1NTE5":  "eyJ short, [REDACTED]",
		"<eyJhbGciOiJ.a.b><eyJhbGciOiJ.c>": "<[REDACTED]><[REDACTED]>",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) { return nil, errors.New(text) }))
			_, err := create(t, client)
			require.EqualError(t, err, "roomtokens: CreateRoomClientToken: "+want)
		})
	}
}
