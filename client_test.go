package roomtokens_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestCreateRoomClientToken(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		require.JSONEq(t, `{"token_ttl_secs":900,"refresh_token_ttl_secs":7200}`, string(body))
		require.Equal(t, http.MethodPost, req.Method)
		require.Equal(t, "https://api.telnyx.com/v2/rooms/"+roomID.String()+"/actions/generate_join_client_token", req.URL.String())
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
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		require.JSONEq(t, `{"refresh_token":"`+refreshToken+`","token_ttl_secs":60}`, string(body))
		require.Equal(t, "https://api.telnyx.com/v2/rooms/"+roomID.String()+"/actions/refresh_client_token", req.URL.String())
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

func TestZeroLifetimesAreNotSent(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		require.JSONEq(t, `{}`, string(body))
		created(w, req)
	})
	_, err := create(t, client)
	require.NoError(t, err)
}

func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	type (
		createParams  = api.CreateRoomClientTokenRequest
		refreshParams = api.RefreshRoomClientTokenRequest
	)
	for name, row := range map[string]struct {
		room   uuid.UUID
		params any
		says   string
	}{
		"create, nil room":                {uuid.Nil, createParams{}, "room_id is the nil UUID"},
		"create, token too short":         {roomID, createParams{TokenTTLSecs: 9}, "token_ttl_secs is 9, must be at least 10"},
		"create, token too long":          {roomID, createParams{TokenTTLSecs: 3601}, "token_ttl_secs is 3601, must be at most 3600"},
		"create, token negative":          {roomID, createParams{TokenTTLSecs: -600}, "token_ttl_secs is -600, must be at least 10"},
		"create, refresh token too short": {roomID, createParams{RefreshTokenTTLSecs: 59}, "refresh_token_ttl_secs is 59, must be at least 60"},
		"create, refresh token too long":  {roomID, createParams{RefreshTokenTTLSecs: 86401}, "refresh_token_ttl_secs is 86401, must be at most 86400"},
		"refresh, nil room":               {uuid.Nil, refreshParams{RefreshToken: refreshToken}, "room_id is the nil UUID"},
		"refresh, no refresh token":       {roomID, refreshParams{}, "refresh_token is required"},
		"refresh, not UTF-8":              {roomID, refreshParams{RefreshToken: "\xff"}, "body cannot be encoded as JSON"},
		"refresh, token too short":        {roomID, refreshParams{RefreshToken: refreshToken, TokenTTLSecs: 9}, "token_ttl_secs is 9, must be at least 10"},
		"refresh, token too long":         {roomID, refreshParams{RefreshToken: refreshToken, TokenTTLSecs: 3601}, "token_ttl_secs is 3601, must be at most 3600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, unreached(t))
			var err error
			switch params := row.params.(type) {
			case createParams:
				_, err = client.CreateRoomClientToken(t.Context(), row.room, params)
			case refreshParams:
				_, err = client.RefreshRoomClientToken(t.Context(), row.room, params)
			}
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, row.says)
		})
	}
}

func TestBoundsAreSent(t *testing.T) {
	t.Parallel()
	sent := 0
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) { sent++; created(w, req) })
	for _, params := range []api.CreateRoomClientTokenRequest{
		{TokenTTLSecs: api.CreateRoomClientTokenRequestTokenTTLSecsMin, RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin},
		{TokenTTLSecs: api.CreateRoomClientTokenRequestTokenTTLSecsMax, RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax},
	} {
		_, err := client.CreateRoomClientToken(t.Context(), roomID, params)
		require.NoError(t, err)
	}
	require.Equal(t, 2, sent)
}

func TestAPI(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Auth", req.Header.Get("Authorization"))
		created(w, req)
	})

	resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, "Bearer "+apiKey, resp.Header.Get("X-Auth"))
	parsed, err := api.ParseCreateRoomClientTokenResponse(resp)
	require.NoError(t, err)
	require.EqualValues(t, clientToken, parsed.JSON201.Data.Token)

	resp, err = client.API().RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Empty(t, resp.Header.Get("X-Auth"))
	require.NoError(t, resp.Body.Close())
}
