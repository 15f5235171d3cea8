package roomtokens_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// What the operations send and return is in test/contract, operation by operation, and in the examples.

// TestRefusedBeforeSending leaves the bounds in the spec to the contract tests.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	client := newClient(t, unreached(t))
	_, err := client.CreateRoomClientToken(t.Context(), uuid.Nil, api.CreateRoomClientTokenRequest{})
	require.EqualError(t, err, "roomtokens: CreateRoomClientToken: invalid request: room_id is the nil UUID")
	_, err = client.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: "\xff"})
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	require.ErrorContains(t, err, "body cannot be encoded as JSON")
}

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
