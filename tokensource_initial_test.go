package roomtokens_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// createPair has the server create a token for a number of seconds, and a refresh token for ten times as long.
func createPair(t *testing.T, server *world, secs int) *roomtokens.ClientToken {
	t.Helper()
	pair, err := newClient(t, server.Server.ServeHTTP).CreateRoomClientToken(t.Context(), roomID,
		api.CreateRoomClientTokenRequest{TokenTTLSecs: secs, RefreshTokenTTLSecs: 10 * secs})
	require.NoError(t, err)
	return pair
}

func TestWithInitialToken(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		age                time.Duration
		creates, refreshes int
		edit               func(*roomtokens.ClientToken)
	}{
		"fresh":                     {age: 50 * time.Second},
		"fresh, no refresh token":   {edit: func(pair *roomtokens.ClientToken) { pair.RefreshToken = "" }},
		"expired":                   {age: time.Minute, refreshes: 1},
		"expired, no refresh token": {time.Minute, 1, 0, func(pair *roomtokens.ClientToken) { pair.RefreshToken = "" }},
		"both expired":              {age: 10 * time.Minute, creates: 1},
		"expired long ago":          {age: 10000 * time.Hour, creates: 1},
		"of another server":         {time.Minute, 1, 1, func(pair *roomtokens.ClientToken) { pair.RefreshToken = "r" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newWorld()
				pair := createPair(t, server, 60)
				time.Sleep(row.age)
				if row.edit != nil {
					row.edit(pair)
				}
				source := newSource(t, newClient(t, server.ServeHTTP), roomtokens.WithInitialToken(pair))
				first := *pair
				*pair = roomtokens.ClientToken{}
				for range 10 {
					token, err := source.Token(t.Context())
					require.NoError(t, err)
					require.Equal(t, row.creates+row.refreshes == 0, token.Token == first.Token)
					if row.creates == 0 {
						require.Equal(t, first.RefreshToken, token.RefreshToken)
					}
				}
				synctest.Wait()
				requireRequests(t, server, row.creates, row.refreshes)
			})
		})
	}
}

// TestWithInitialTokenAndNoAPIKey: refreshed for as long as the refresh token lives.
func TestWithInitialTokenAndNoAPIKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		pair := createPair(t, server, 60)
		source := newSource(t, newClient(t, server.ServeHTTP, roomtokens.WithoutAPIKey()), roomtokens.WithInitialToken(pair))
		for time.Now().Before(pair.RefreshTokenExpiresAt) {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			require.True(t, time.Now().Before(token.TokenExpiresAt))
			time.Sleep(time.Second)
		}
		refreshes := server.refreshes()
		require.LessOrEqual(t, refreshes, 12)
		time.Sleep(time.Hour)
		for range 100 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
			require.ErrorContains(t, err, "the refresh token has expired, and there is no API key to create another")
			time.Sleep(time.Second)
		}
		require.Equal(t, refreshes, server.refreshes())
		require.Zero(t, server.creates())
	})
}

// TestNoAPIKeyAndNoRefresh: without an API key, refresh is tried again and again, and its error is what callers get.
func TestNoAPIKeyAndNoRefresh(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		refresh http.HandlerFunc
		says    string
	}{
		"refused": {respond(403, "", ""), "403 Forbidden; there is no API key to create another token"},
		"fails":   {respond(503, "", ""), "503 Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newWorld()
				source := newSource(t, newClient(t, server.ServeHTTP, roomtokens.WithoutAPIKey()),
					roomtokens.WithInitialToken(createPair(t, server, 60)))
				server.replace(api.OperationRefreshRoomClientToken, row.refresh)
				time.Sleep(time.Minute)
				for range 120 {
					_, err := source.Token(t.Context())
					require.EqualError(t, err, "roomtokens: RefreshRoomClientToken: "+row.says)
					_, ok := errors.AsType[*roomtokens.Error](err)
					require.True(t, ok)
					time.Sleep(time.Second)
				}
				require.InDelta(t, 9, server.refreshes(), 3)
				server.replace(api.OperationRefreshRoomClientToken, nil)
				time.Sleep(30 * time.Second)
				_, err := source.Token(t.Context())
				require.NoError(t, err)
				require.Zero(t, server.creates())
			})
		})
	}
}

func TestTokenSourceWithoutAKeyOrAToken(t *testing.T) {
	t.Parallel()
	keyless := newClient(t, unreached(t), roomtokens.WithoutAPIKey())
	token := &roomtokens.ClientToken{Token: "t", TokenExpiresAt: time.Now().Add(time.Minute)}
	for _, opts := range [][]roomtokens.SourceOption{nil, {roomtokens.WithInitialToken(token)}} {
		_, err := keyless.TokenSource(roomID, api.CreateRoomClientTokenRequest{}, opts...)
		require.EqualError(t, err, "roomtokens: TokenSource: invalid request: "+
			"neither an API key nor an initial token with a refresh token")
	}
	later := roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return apiKey, nil })
	newSource(t, newClient(t, unreached(t), roomtokens.WithoutAPIKey(), later))
}
