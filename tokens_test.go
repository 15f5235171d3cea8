package roomtokens_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func minuteTokens(t *testing.T, server *world, opts ...roomtokens.SourceOption) *roomtokens.TokenSource {
	t.Helper()
	source, err := newClient(t, server.ServeHTTP).TokenSource(
		roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 60}, opts...)
	require.NoError(t, err)
	return source
}

// TestTokens has three loops share the fetches of an hour, each told of every token before the last one expires.
func TestTokens(t *testing.T) {
	t.Parallel()
	for name, refresh := range map[string]http.HandlerFunc{
		"refreshed": nil, "created": respond(500, "", ""),
		"refresh hangs": func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newWorld()
				server.latency, server.refresh = time.Second, refresh
				source := minuteTokens(t, server)
				var loops sync.WaitGroup
				for range 3 {
					loops.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
						defer cancel()
						var last *roomtokens.ClientToken
						tokens := 0
						for token, err := range source.Tokens(ctx) {
							require.NoError(t, err)
							require.True(t, last == nil || time.Now().Before(last.TokenExpiresAt))
							require.False(t, last != nil && last.Token == token.Token)
							last = token
							tokens++
						}
						require.Error(t, ctx.Err())
						require.InDelta(t, 64, tokens, 4)
					})
				}
				loops.Wait()
				synctest.Wait()
				require.Less(t, server.count(api.OperationCreateRoomClientToken), 70)
				require.Less(t, server.count(api.OperationRefreshRoomClientToken), 70*4)
			})
		})
	}
}
