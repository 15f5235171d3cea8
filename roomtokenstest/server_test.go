package roomtokenstest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

// TestJoin is the test in the package's documentation, of the service in its example.
func TestJoin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		telnyx, room := roomtokenstest.NewServer(roomtokenstest.WithTB(t)), uuid.New()
		telnyx.Inject(named("rate limited"))
		w := httptest.NewRecorder()
		began := time.Now()
		join(telnyx.Client(), room)(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/join", http.NoBody))
		require.GreaterOrEqual(t, time.Since(began), time.Second)
		require.LessOrEqual(t, time.Since(began), 1100*time.Millisecond)
		token := secret.String(w.Body.String())
		claims, err := telnyx.Verify(token)
		require.NoError(t, err)
		require.Equal(t, room, claims.RoomID)
		time.Sleep(10 * time.Minute)
		_, err = telnyx.Verify(token)
		require.ErrorIs(t, err, roomtokenstest.ErrTokenExpired)
	})
}

func TestTokensEndByTheServersClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		client, room := server.Client(), uuid.New()
		created, err := client.CreateRoomClientToken(t.Context(), room,
			api.CreateRoomClientTokenRequest{TokenTTLSecs: 10, RefreshTokenTTLSecs: 60})
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(10*time.Second).UTC(), created.TokenExpiresAt.UTC())

		time.Sleep(10*time.Second - 1)
		_, err = server.Verify(created.Token)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, err = server.Verify(created.Token)
		require.ErrorIs(t, err, roomtokenstest.ErrTokenExpired)

		time.Sleep(50*time.Second - 1)
		_, err = refresh(t, client, room, created.RefreshToken)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, err = refresh(t, client, room, created.RefreshToken)
		requireRefused(t, err, http.StatusUnauthorized, "10009")
		require.ErrorContains(t, err, "The refresh token has expired")
		require.ErrorIs(t, server.Revoke(created.RefreshToken), roomtokenstest.ErrTokenExpired)
	})
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithClockSkew(-time.Hour))
		client, room := server.Client(), uuid.New()
		created := create(t, client, room)
		require.Equal(t, -50*time.Minute, time.Until(created.TokenExpiresAt))
		require.Equal(t, -time.Hour, time.Until(server.Requests()[0].Time))
		_, err := server.Verify(created.Token)
		require.NoError(t, err)

		server.Inject(roomtokenstest.Fault{ClockSkew: -time.Hour})
		skewed, plain := create(t, client, room), create(t, client, room)
		require.Equal(t, -110*time.Minute, time.Until(skewed.TokenExpiresAt))
		require.Equal(t, -50*time.Minute, time.Until(plain.TokenExpiresAt))
		_, err = server.Verify(skewed.Token)
		require.ErrorIs(t, err, roomtokenstest.ErrTokenExpired)
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(2, 10*time.Second))
		client, room := server.Client(roomtokens.WithMaxRetries(0)), uuid.New()
		create(t, client, room)
		time.Sleep(2500 * time.Millisecond)
		create(t, client, room)
		_, err := client.CreateRoomClientToken(t.Context(), room, api.CreateRoomClientTokenRequest{})
		requireRefused(t, err, http.StatusTooManyRequests, "10011")
		var refused *roomtokens.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, roomtokens.RateLimit{Limit: 2, Remaining: 0, Reset: 8 * time.Second}, refused.RateLimit)
		time.Sleep(7500*time.Millisecond - 1)
		_, err = client.CreateRoomClientToken(t.Context(), room, api.CreateRoomClientTokenRequest{})
		require.ErrorIs(t, err, roomtokens.ErrRateLimited)
		time.Sleep(time.Nanosecond)
		create(t, client, room)
	})
}

func TestEveryResponseHasTheHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(2, 3*time.Second))
		ids := map[string]bool{}
		for i, path := range []string{"/v2/rooms", "/v2/rooms/x/actions/refresh_client_token", "/v2/rooms"} {
			req := httptest.NewRequest(http.MethodPost, path, http.NoBody)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)
			h := w.Header()
			require.Equal(t, time.Now().UTC().Format(http.TimeFormat), h.Get("Date"))
			require.Equal(t, []string{"2", []string{"1", "0", "0"}[i], "3"},
				[]string{h.Get("X-Ratelimit-Limit"), h.Get("X-Ratelimit-Remaining"), h.Get("X-Ratelimit-Reset")})
			ids[h.Get("X-Request-Id")] = true
		}
		require.Len(t, ids, 3)
		require.NotContains(t, ids, "")
	})
}

func TestClientPanicsOnABadOption(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(
		t,
		"roomtokenstest: Client: roomtokens: invalid request: maximum of retries is -1, must not be negative",
		func() { roomtokenstest.NewServer().Client(roomtokens.WithMaxRetries(-1)) },
	)
}

func TestNoRoomAtAll(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithRooms())
	_, err := server.Client().CreateRoomClientToken(t.Context(), uuid.New(), api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, roomtokens.ErrNotFound)
}
