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

// TestBearerAuthFindsTheOperation in a request's method and path.
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
	withoutURL := &http.Request{Method: "POST"}
	require.ErrorIs(t, roomtokens.BearerAuth(apiKey)(t.Context(), withoutURL), roomtokens.ErrInvalidRequest)
	valid := httptest.NewRequest("POST", "https://example.test/rooms/1"+create, http.NoBody)
	require.ErrorIs(t, roomtokens.BearerAuthFunc(nil)(t.Context(), valid), roomtokens.ErrInvalidRequest)
}

// TestNestedCalls are of their own operation, wherever their context comes from: the key goes with each create, and
// with no refresh.
func TestNestedCalls(t *testing.T) {
	t.Parallel()
	sent := map[string]int{}
	doer := &http.Client{Transport: memory(func(w http.ResponseWriter, req *http.Request) {
		_, action, _ := strings.Cut(req.URL.Path, "/actions/")
		sent[action+" ("+req.Header.Get("Authorization")+")"]++
		created(w, req)
	})}
	bare, err := api.NewClient(api.ServerURL,
		api.WithHTTPClient(doer), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	require.NoError(t, err)
	plain := newClient(t, nil, roomtokens.WithHTTPClient(doer))
	nest := func(ctx context.Context) {
		callGenerated(ctx, t, bare)
		callGenerated(ctx, t, plain.API())
	}
	for name, row := range map[string]struct {
		times int // that the hook runs in two creates and two refreshes
		hook  roomtokens.Option
	}{
		"editor": {4, withEditor(func(req *http.Request) { nest(req.Context()) })},
		"key function": {2, roomtokens.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			nest(ctx)
			return apiKey, nil
		})},
		"middleware": {4, withMiddleware(func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
			nest(req.Context())
			return next.RoundTrip(req)
		})},
	} {
		clear(sent)
		callAll(t, newClient(t, nil, roomtokens.WithHTTPClient(doer), row.hook))
		times := 2 + 2*row.times
		require.Equal(t, map[string]int{
			"generate_join_client_token (Bearer " + apiKey + ")": times, "refresh_client_token ()": times,
		}, sent, name)
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	const outside = "API key holds white space, a quote or another character that no bearer token has"
	for name, row := range map[string]struct {
		key, says string // says is empty where the key is valid
	}{
		"every kind of character": {"KEY09az-._~+/=", ""},
		"empty":                   {"", "API key is empty"},
		"trailing newline":        {"KEY\n", outside},
		"inner space":             {"KEY 1", outside},
		"header injection":        {"KEY\r\nX-Evil: 1", outside},
		"delete":                  {"KEY\x7f", outside},
		"not ASCII":               {"KEY\u00e9", outside},
		"in quotes":               {`"KEY1"`, outside}, // as a Docker env file keeps them
		"in single quotes":        {"'KEY1'", outside},
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

// TestErrorsOfKeysAndEditors end the call. The end of a context, and its cause, are matched too.
func TestErrorsOfKeysAndEditors(t *testing.T) {
	t.Parallel()
	locked, hungUp := errors.New("vault is locked"), errors.New("the participant hung up")
	for says, option := range map[string]roomtokens.Option{
		"API key":        roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return "", locked }),
		"request editor": roomtokens.WithRequestEditor(func(context.Context, *http.Request) error { return locked }),
	} {
		client := newClient(t, unreached(t), option)
		_, err := create(t, client)
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: "+says+": vault is locked")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(hungUp)
		_, err = client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
		for _, want := range []error{locked, hungUp, context.Canceled} {
			require.ErrorIs(t, err, want)
		}
	}
}

func TestWithoutAPIKey(t *testing.T) {
	t.Parallel()
	_, err := create(t, newClient(t, unreached(t), roomtokens.WithoutAPIKey()))
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.ErrorContains(t, err, "there is no API key")
}
