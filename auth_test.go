package roomtokens_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestBearerAuthWithBareGeneratedClient(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	doer := &http.Client{Transport: memory(func(w http.ResponseWriter, req *http.Request) {
		seen[req.URL.Path] = req.Header.Get("Authorization")
		created(w, req)
	})}
	bare, err := api.NewClient("https://example.test/v2",
		api.WithHTTPClient(doer), api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	require.NoError(t, err)

	resp, err := bare.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	resp, err = bare.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{})
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	require.Equal(t, map[string]string{
		"/v2/rooms/" + roomID.String() + "/actions/generate_join_client_token": "Bearer " + apiKey,
		"/v2/rooms/" + roomID.String() + "/actions/refresh_client_token":       "",
	}, seen)
}

func TestAPIKeyIsAskedOncePerAttempt(t *testing.T) {
	t.Parallel()
	keys := []string{"first", "rotated"}
	var sent []string
	client := newClient(t,
		func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, req.Header.Get("Authorization"))
			created(w, req)
		},
		roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
			next := keys[0]
			keys = keys[1:]
			return next, nil
		}),
	)
	for range 2 {
		_, err := create(t, client)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"Bearer first", "Bearer rotated"}, sent)
}

func TestAPIKeyIsNotAskedForRefresh(t *testing.T) {
	t.Parallel()
	client := newClient(t, respond(http.StatusCreated, "application/json", refreshedBody),
		roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) {
			t.Error("the key was asked for")
			return "", nil
		}))
	_, err := refresh(t, client)
	require.NoError(t, err)
}

func TestRefusedAPIKeys(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty":            "",
		"trailing newline": "KEY\n",
		"inner space":      "KEY 1",
		"header injection": "KEY\r\nX-Evil: 1",
		"not ASCII":        "KEY\u00e9",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, unreached(t), roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return key, nil }))
			_, err := create(t, client)
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "API key")
			if key != "" {
				require.NotContains(t, err.Error(), "KEY")
				_, err = roomtokens.New(key)
				require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
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

func TestAPIKeyFuncError(t *testing.T) {
	t.Parallel()
	locked := errors.New("vault is locked")
	client := newClient(t, unreached(t), roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return "", locked }))
	_, err := create(t, client)
	require.ErrorIs(t, err, locked)
}

func TestWithoutAPIKey(t *testing.T) {
	t.Parallel()
	sent := 0
	client, err := roomtokens.New("", roomtokens.WithoutAPIKey(), roomtokens.WithHTTPClient(&http.Client{
		Transport: memory(func(w http.ResponseWriter, req *http.Request) {
			sent++
			respond(http.StatusCreated, "application/json", refreshedBody)(w, req)
		}),
	}))
	require.NoError(t, err)
	_, err = create(t, client)
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.Zero(t, sent)
	_, err = refresh(t, client)
	require.NoError(t, err)
}
