package roomtokens_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestBearerAuthWithBareGeneratedClient(t *testing.T) {
	t.Parallel()
	var sent []string
	doer := &http.Client{Transport: memory(func(w http.ResponseWriter, req *http.Request) {
		sent = append(sent, req.Header.Get("Authorization"))
		created(w, req)
	})}
	bare, err := api.NewClientWithResponses("https://example.test/v2",
		api.WithHTTPClient(doer), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	require.NoError(t, err)
	_, err = bare.CreateRoomClientTokenWithResponse(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	_, err = bare.RefreshRoomClientTokenWithResponse(t.Context(), roomID, api.RefreshRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer " + apiKey, ""}, sent)
}

// TestBearerAuthFindsTheOperation in a request's method and path, as no generated client has recorded it.
func TestBearerAuthFindsTheOperation(t *testing.T) {
	t.Parallel()
	const key, create, refresh = "Bearer " + apiKey, "/actions/generate_join_client_token", "/actions/refresh_client_token"
	for name, row := range map[string]struct {
		method, path string
		want         string // the header; "refused" where the request is of no operation
	}{
		"create":              {"POST", "/rooms/1" + create, key},
		"below a base path":   {"POST", "/eu/v2/rooms/1" + create, key},
		"exactly the path":    {"POST", "rooms/1" + create, key},
		"refresh":             {"POST", "/rooms/1" + refresh, ""},
		"other method":        {"GET", "/rooms/1" + create, "refused"},
		"other collection":    {"POST", "/room/1" + create, "refused"},
		"more after the path": {"POST", "/rooms/1" + create + "/", "refused"},
		"too short":           {"POST", "1" + create, "refused"},
		"empty":               {"POST", "", "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(row.method, "https://example.test", http.NoBody)
			req.URL = &url.URL{Path: row.path}
			err := roomtokens.BearerAuth(apiKey)(t.Context(), req)
			if row.want == "refused" {
				require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
				require.NotContains(t, req.Header, "Authorization")
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, req.Header.Get("Authorization"))
		})
	}
	require.ErrorIs(t, roomtokens.BearerAuth(apiKey)(t.Context(), &http.Request{Method: "POST"}),
		roomtokens.ErrInvalidRequest, "a request without a URL")
}

// TestNestedCalls are of their own operation, wherever the context that they are made with has come from: the key goes
// with each create, and with no refresh.
func TestNestedCalls(t *testing.T) {
	t.Parallel()
	type call func(context.Context) error
	var sent []string
	doer := &http.Client{Transport: memory(func(w http.ResponseWriter, req *http.Request) {
		_, action, _ := strings.Cut(req.URL.Path, "/actions/")
		sent = append(sent, strings.TrimSpace(action+" "+req.Header.Get("Authorization")))
		created(w, req)
	})}
	bare, err := api.NewClient(api.ServerURL,
		api.WithHTTPClient(doer), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	require.NoError(t, err)
	calls := func(client *roomtokens.Client) map[string]call {
		createParams := api.CreateRoomClientTokenRequest{}
		refreshParams := api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken}
		generated := func(c api.ClientInterface) (create, refresh call) {
			finish := func(resp *http.Response, err error) error {
				if err == nil {
					err = resp.Body.Close()
				}
				return err
			}
			return func(ctx context.Context) error { return finish(c.CreateRoomClientToken(ctx, roomID, createParams)) },
				func(ctx context.Context) error { return finish(c.RefreshRoomClientToken(ctx, roomID, refreshParams)) }
		}
		all := map[string]call{
			"create, wrapper": func(ctx context.Context) error {
				_, err := client.CreateRoomClientToken(ctx, roomID, createParams)
				return err
			},
			"refresh, wrapper": func(ctx context.Context) error {
				_, err := client.RefreshRoomClientToken(ctx, roomID, refreshParams)
				return err
			},
		}
		all["create, API"], all["refresh, API"] = generated(client.API())
		all["create, bare"], all["refresh, bare"] = generated(bare)
		return all
	}
	plain := newClient(t, nil, roomtokens.WithHTTPClient(doer))
	var nested call // set while an outer call runs
	nest := func(ctx context.Context) {
		if inner := nested; inner != nil {
			nested = nil
			require.NoError(t, inner(ctx))
		}
	}
	hooks := map[string]roomtokens.Option{
		"editor": roomtokens.WithRequestEditor(func(ctx context.Context, _ *http.Request) error {
			nest(ctx)
			return nil
		}),
		"editor, request's context": withEditor(func(req *http.Request) { nest(req.Context()) }),
		"key function": roomtokens.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			nest(ctx)
			return apiKey, nil
		}),
		"middleware": roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) { nest(req.Context()); return next.RoundTrip(req) })
		}),
	}
	want := map[string]string{
		"create": "generate_join_client_token Bearer " + apiKey, "refresh": "refresh_client_token",
	}
	for hook, option := range hooks {
		hooked := newClient(t, nil, roomtokens.WithHTTPClient(doer), option)
		for outer, outerCall := range calls(hooked) {
			if strings.HasSuffix(outer, "bare") || hook == "key function" && strings.HasPrefix(outer, "refresh") {
				continue // that calls no hook
			}
			for inner, innerCall := range calls(plain) {
				sent, nested = nil, innerCall
				require.NoError(t, outerCall(t.Context()))
				first, _, _ := strings.Cut(inner, ",")
				second, _, _ := strings.Cut(outer, ",")
				require.Equal(t, []string{want[first], want[second]}, sent, "%s: %s in %s", hook, inner, outer)
			}
		}
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		key, says string // says is empty where the key is valid
	}{
		"the lowest and the highest character": {"KEY!~", ""},
		"empty":                                {"", "API key is empty"},
		"trailing newline":                     {"KEY\n", "API key holds white space"},
		"inner space":                          {"KEY 1", "API key holds white space"},
		"header injection":                     {"KEY\r\nX-Evil: 1", "API key holds white space"},
		"delete":                               {"KEY\x7f", "API key holds white space"},
		"not ASCII":                            {"KEY\u00e9", "API key holds white space"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := create(t, newClient(t, created, withKeys(row.key)))
			_, newErr := roomtokens.New(row.key)
			if row.says == "" {
				require.NoError(t, errors.Join(err, newErr))
				return
			}
			for _, err := range []error{err, newErr} {
				require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
				require.ErrorContains(t, err, row.says)
				require.NotContains(t, err.Error(), "KEY")
			}
		})
	}
}

func TestBearerAuthFuncWithoutAFunc(t *testing.T) {
	t.Parallel()
	req, err := api.NewCreateRoomClientTokenRequest(api.ServerURL, roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.ErrorIs(t, roomtokens.BearerAuthFunc(nil)(t.Context(), req), roomtokens.ErrInvalidRequest)
}

// TestKeyErrorEndsTheCall, and a context that has ended meanwhile is matched too.
func TestKeyErrorEndsTheCall(t *testing.T) {
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
	_, err = create(t, client)
	require.EqualError(t, err, "roomtokens: CreateRoomClientToken: API key: vault is locked")
}

func TestWithoutAPIKey(t *testing.T) {
	t.Parallel()
	sent := 0
	client, err := roomtokens.New("", roomtokens.WithoutAPIKey(),
		withTransport(memory(func(w http.ResponseWriter, req *http.Request) { sent++; created(w, req) }).RoundTrip))
	require.NoError(t, err)
	_, err = create(t, client)
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.ErrorContains(t, err, "made without an API key")
	require.Zero(t, sent)
	_, err = refresh(t, client)
	require.NoError(t, err, "refresh asks for no key")
}
