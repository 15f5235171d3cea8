package roomtokens_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const room = api.ServerURL + "/rooms/3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"

func TestCreateRoomClientToken(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		require.JSONEq(t, `{"token_ttl_secs":900,"refresh_token_ttl_secs":7200}`, readBody(t, req))
		require.Equal(t, http.MethodPost, req.Method)
		require.Equal(t, room+"/actions/generate_join_client_token", req.URL.String())
		require.Equal(t, "application/json", req.Header.Get("Content-Type"))
		require.Equal(t, "application/json", req.Header.Get("Accept"))
		require.Equal(t, "Bearer "+apiKey, req.Header.Get("Authorization"))
		created(w, req)
	})
	token, err := client.CreateRoomClientToken(t.Context(), roomID,
		api.CreateRoomClientTokenRequest{TokenTTLSecs: 900, RefreshTokenTTLSecs: 7200})
	require.NoError(t, err)
	require.Equal(t, &roomtokens.ClientToken{
		Token:                 clientToken,
		TokenExpiresAt:        time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC),
		RefreshToken:          refreshToken,
		RefreshTokenExpiresAt: time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC),
	}, token)
}

func TestRefreshRoomClientToken(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		require.JSONEq(t, `{"refresh_token":"`+refreshToken+`","token_ttl_secs":60}`, readBody(t, req))
		require.Equal(t, room+"/actions/refresh_client_token", req.URL.String())
		require.NotContains(t, req.Header, "Authorization")
		respond(http.StatusCreated, "application/json", refreshedBody)(w, req)
	})
	token, err := client.RefreshRoomClientToken(t.Context(), roomID,
		api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken, TokenTTLSecs: 60})
	require.NoError(t, err)
	require.Equal(t, &roomtokens.RefreshedToken{
		Token: clientToken, TokenExpiresAt: time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC),
	}, token)
}

// TestRefusedBeforeSending leaves the bounds in the spec to the contract tests.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	client := newClient(t, unreached(t))
	for says, row := range map[string]struct {
		room   uuid.UUID
		params api.RefreshRoomClientTokenRequest
	}{
		"room_id is the nil UUID":        {uuid.Nil, api.RefreshRoomClientTokenRequest{RefreshToken: "r"}},
		"refresh_token is required":      {roomID, api.RefreshRoomClientTokenRequest{}},
		"body cannot be encoded as JSON": {roomID, api.RefreshRoomClientTokenRequest{RefreshToken: "\xff"}},
	} {
		_, err := client.RefreshRoomClientToken(t.Context(), row.room, row.params)
		require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
		require.ErrorContains(t, err, says)
	}
	_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 9})
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.ErrorContains(t, err, "token_ttl_secs is 9, must be at least 10")
}

// TestAPI has the generated client send the key and the headers of the package, and only where they belong.
func TestAPI(t *testing.T) {
	t.Parallel()
	var keys []string
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		keys = append(keys, req.Header.Get("Authorization"))
		require.Equal(t, "application/json", req.Header.Get("Accept"))
		require.Regexp(t, "^roomtokens-go/", req.UserAgent())
		created(w, req)
	})
	resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	parsed, err := api.ParseCreateRoomClientTokenResponse(resp)
	require.NoError(t, err)
	require.EqualValues(t, clientToken, parsed.JSON201.Data.Token)
	require.NotNil(t, resp.Request)
	_, err = refreshThroughAPI(t, client)
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer " + apiKey, ""}, keys)
}
