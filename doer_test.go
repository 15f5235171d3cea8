package roomtokens_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// TestAPI returns a response with its request and its body, as net/http does.
func TestAPI(t *testing.T) {
	t.Parallel()
	resp, err := newClient(t, created).API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.NotNil(t, resp.Request)
	parsed, err := api.ParseCreateRoomClientTokenResponse(resp)
	require.NoError(t, err)
	require.EqualValues(t, clientToken, parsed.JSON201.Data.Token)
}

// TestAttemptsOfAPI send a stream that can be read once, each time.
func TestAttemptsOfAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			sent = append(sent, readBody(t, req))
			retryAfter("1")(w, req)
		}, roomtokens.WithMaxRetries(1))
		stream := io.MultiReader(strings.NewReader(`{"token_ttl_secs":`), strings.NewReader(`60}`))
		resp, err := closeBody(
			client.API().CreateRoomClientTokenWithBody(t.Context(), roomID, "application/json", stream))
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
		require.Equal(t, []string{`{"token_ttl_secs":60}`, `{"token_ttl_secs":60}`}, sent)
	})
}

// TestRequestOfNoOperation: what is sent through API has an operation's method and path.
func TestRequestOfNoOperation(t *testing.T) {
	t.Parallel()
	_, err := createThroughAPI(t, newClient(t, unreached(t), withEditor(func(req *http.Request) {
		req.URL.Path = "/elsewhere"
	})))
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.ErrorContains(t, err, "roomtokens: API: invalid request: the request's method and path")
}
