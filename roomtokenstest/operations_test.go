package roomtokenstest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

func TestRefreshTokenStaysValid(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	client, room := server.Client(), uuid.New()
	created := create(t, client, room)
	seen := map[secret.String]bool{created.Token: true}
	for range 3 {
		refreshed, err := refresh(t, client, room, created.RefreshToken)
		require.NoError(t, err)
		require.False(t, seen[refreshed.Token])
		seen[refreshed.Token] = true
	}
}

func TestRoomsAreFixedWhenGiven(t *testing.T) {
	t.Parallel()
	here, elsewhere := uuid.New(), uuid.New()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t), roomtokenstest.WithRooms(here))
	client := server.Client()
	created := create(t, client, here)

	_, err := client.CreateRoomClientToken(t.Context(), elsewhere, api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, roomtokens.ErrNotFound)
	requireRefused(t, err, http.StatusNotFound, "10005")
	_, err = refresh(t, client, elsewhere, created.RefreshToken)
	requireRefused(t, err, http.StatusNotFound, "10005")
}

func TestNoRoomAtAll(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithRooms())
	_, err := server.Client().CreateRoomClientToken(t.Context(), uuid.New(), api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, roomtokens.ErrNotFound)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	open, closed := uuid.New(), uuid.New()
	server := roomtokenstest.NewServer(
		roomtokenstest.WithTB(t),
		roomtokenstest.WithAPIKey("KEYany"), roomtokenstest.WithAPIKey("KEYone", open),
	)
	tests := map[string]struct {
		key    string
		room   uuid.UUID
		status int
		code   string
	}{
		"the server's own":          {key: server.APIKey(), room: closed},
		"another for every room":    {key: "KEYany", room: closed},
		"another for this room":     {key: "KEYone", room: open},
		"another for another room":  {key: "KEYone", room: closed, status: 403, code: "10010"},
		"one that nobody has given": {key: "KEYnone", room: open, status: 401, code: "10009"},
		"another server's":          {key: roomtokenstest.NewServer().APIKey(), room: open, status: 401, code: "10009"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := roomtokens.New(tt.key, roomtokens.WithHTTPClient(server.HTTPClient()))
			require.NoError(t, err)
			_, err = client.CreateRoomClientToken(t.Context(), tt.room, api.CreateRoomClientTokenRequest{})
			if tt.status == 0 {
				require.NoError(t, err)
				return
			}
			requireRefused(t, err, tt.status, tt.code)
		})
	}
}

func TestAnEmptyKeyIsNeverValid(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithAPIKey(""))
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer  "} {
		req := httptest.NewRequest(http.MethodPost, createPath, strings.NewReader(`{}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, req)
		require.Equal(t, http.StatusUnauthorized, w.Code, "%q", authorization)
	}
}

func TestRefreshCredentials(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	client, room := server.Client(), uuid.New()
	mine := create(t, client, room)
	revoked := create(t, client, room)
	require.NoError(t, server.Revoke(revoked.RefreshToken))
	foreign := create(t, roomtokenstest.NewServer().Client(), room)
	tests := map[string]struct {
		token  secret.String
		room   uuid.UUID
		status int
		code   string
	}{
		"good":             {token: mine.RefreshToken, room: room},
		"for another room": {token: mine.RefreshToken, room: uuid.New(), status: 403, code: "10010"},
		"a client token":   {token: mine.Token, room: room, status: 403, code: "10010"},
		"revoked":          {token: revoked.RefreshToken, room: room, status: 403, code: "10010"},
		"garbage":          {token: "garbage", room: room, status: 401, code: "10009"},
		"another server's": {token: foreign.RefreshToken, room: room, status: 401, code: "10009"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := refresh(t, client, tt.room, tt.token)
			if tt.status == 0 {
				require.NoError(t, err)
				return
			}
			requireRefused(t, err, tt.status, tt.code)
		})
	}
	_, err := server.Verify(revoked.Token)
	require.NoError(t, err, "a client token outlives its refresh token's revocation")
}

func TestForbiddenIsBareOrInAnEnvelope(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts []roomtokenstest.Option
		want string
	}{
		"bare, as in the spec": {want: `{"code":"10010",`},
		"in an envelope": {
			opts: []roomtokenstest.Option{roomtokenstest.WithForbiddenEnvelope()},
			want: `{"errors":[{"code":"10010",`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer(append(tt.opts, roomtokenstest.WithTB(t))...)
			client := server.Client()
			token := create(t, client, uuid.New()).RefreshToken
			_, err := refresh(t, client, uuid.New(), token)
			requireRefused(t, err, http.StatusForbidden, "10010")
			var refused *roomtokens.Error
			require.ErrorAs(t, err, &refused)
			require.Contains(t, string(refused.Body()), tt.want)
		})
	}
}
