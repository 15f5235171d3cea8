package roomtokens_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// createPair has the server create a token for a minute, and a refresh token for ten.
func createPair(t *testing.T, server *world) *roomtokens.ClientToken {
	t.Helper()
	pair, err := newClient(t, server.Server.ServeHTTP).CreateRoomClientToken(t.Context(), roomID,
		api.CreateRoomClientTokenRequest{TokenTTLSecs: 60, RefreshTokenTTLSecs: 600})
	require.NoError(t, err)
	return pair
}

func TestWithInitialToken(t *testing.T) {
	t.Parallel()
	type row struct {
		age                time.Duration
		creates, refreshes int
		edit               func(*roomtokens.ClientToken)
	}
	keep := func(*roomtokens.ClientToken) {}
	drop := func(pair *roomtokens.ClientToken) { pair.RefreshToken = "" }
	replace := func(pair *roomtokens.ClientToken) { pair.RefreshToken = "r" }
	inBubbles(t, map[string]row{
		"fresh":                     {50 * time.Second, 0, 0, keep},
		"fresh, no refresh token":   {0, 0, 0, drop},
		"expired":                   {time.Minute, 0, 1, keep},
		"expired, no refresh token": {time.Minute, 1, 0, drop},
		"both expired":              {10 * time.Minute, 1, 0, keep},
		"expired long ago":          {10000 * time.Hour, 1, 0, keep},
		"of another server":         {time.Minute, 1, 1, replace},
	}, func(t *testing.T, _ string, row row) {
		server := newWorld()
		pair := createPair(t, server)
		time.Sleep(row.age)
		row.edit(pair)
		source := newSource(t, newClient(t, server.ServeHTTP), roomtokens.WithInitialToken(pair))
		first := *pair
		*pair = roomtokens.ClientToken{}
		for range 10 {
			token := requireToken(t, source)
			require.Equal(t, row.creates+row.refreshes == 0, token.Token == first.Token)
			if row.creates == 0 {
				require.Equal(t, first.RefreshToken, token.RefreshToken)
			}
		}
		requireRequests(t, server, row.creates, row.refreshes)
	})
}

// TestWithInitialTokenAndNoAPIKey: refreshed for as long as the refresh token lives.
func TestWithInitialTokenAndNoAPIKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newWorld()
		pair := createPair(t, server)
		source := newSource(t, newClient(t, server.ServeHTTP, roomtokens.WithoutAPIKey()), roomtokens.WithInitialToken(pair))
		for time.Now().Before(pair.RefreshTokenExpiresAt) {
			require.True(t, time.Now().Before(requireToken(t, source).TokenExpiresAt))
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
		requireRequests(t, server, 0, refreshes)
	})
}

// TestNoAPIKeyAndNoRefresh: without an API key, refresh is tried again and again, and its error is what callers get.
func TestNoAPIKeyAndNoRefresh(t *testing.T) {
	t.Parallel()
	type row struct {
		refresh http.HandlerFunc
		says    string
	}
	inBubbles(t, map[string]row{
		"refused": {respond(403, "", ""), "403 Forbidden; there is no API key to create another token"},
		"fails":   {respond(503, "", ""), "503 Service Unavailable"},
	}, func(t *testing.T, _ string, row row) {
		server := newWorld()
		source := newSource(t, newClient(t, server.ServeHTTP, roomtokens.WithoutAPIKey()),
			roomtokens.WithInitialToken(createPair(t, server)))
		server.replace(api.OperationRefreshRoomClientToken, row.refresh)
		time.Sleep(time.Minute)
		for range 120 {
			_, err := source.Token(t.Context())
			require.EqualError(t, err, "roomtokens: RefreshRoomClientToken: "+row.says)
			require.NotZero(t, asError(t, err).StatusCode)
			time.Sleep(time.Second)
		}
		require.InDelta(t, 9, server.refreshes(), 3)
		server.replace(api.OperationRefreshRoomClientToken, nil)
		time.Sleep(30 * time.Second)
		requireToken(t, source)
		require.Zero(t, server.creates())
	})
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
