package roomtokens_test

import (
	"net/http"
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

// TestCloseIdleConnections closes those of the caller's transport.
func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	closed := 0
	client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Transport: pooled{&closed}}))
	client.CloseIdleConnections()
	require.Equal(t, 1, closed)
}

// pooled is a transport that counts how often it is asked to close its connections.
type pooled struct{ closed *int }

func (pooled) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrNotSupported }
func (p pooled) CloseIdleConnections()                         { *p.closed++ }
