package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// sharing is a test that has a room of its own in a mock that it shares with others.
type sharing struct {
	*testing.T
	mock   *running
	room   uuid.UUID
	client *roomtokens.Client
}

// control calls a path under /_mock and returns the response's body.
func (s sharing) control(method, path string, body any) []byte {
	s.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(s, err)
	url := strings.TrimSuffix(s.mock.BaseURL, "/v2") + "/_mock/" + path
	req, err := http.NewRequestWithContext(s.Context(), method, url, bytes.NewReader(encoded))
	require.NoError(s, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	require.Less(s, resp.StatusCode, 300)
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return text
}

// outcomes lists status and code of the room's requests.
func (s sharing) outcomes() []string {
	var requests []struct {
		Status int
		Code   string
	}
	require.NoError(s, json.Unmarshal(s.control(http.MethodGet, "requests?room_id="+s.room.String(), nil), &requests))
	outcomes := []string{}
	for _, r := range requests {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", r.Status, r.Code))
	}
	return outcomes
}

// run is what a test with a mock of its own would do, as often as n says.
func (s sharing) run(n int) {
	own, want := "?room_id="+s.room.String(), []string{}
	refused := map[string]any{"fault": "refusal 10010", "room_id": s.room, "times": n}
	s.control(http.MethodPost, "faults", []any{refused})
	for range n {
		_, err := s.client.CreateRoomClientToken(s.Context(), s.room, api.CreateRoomClientTokenRequest{})
		require.ErrorIs(s, err, roomtokens.ErrForbidden)
		want = append(want, "403 10010")
	}
	created, err := s.client.CreateRoomClientToken(s.Context(), s.room, api.CreateRoomClientTokenRequest{})
	require.NoError(s, err)
	s.control(http.MethodPost, "revoked", map[string]string{"refresh_token": string(created.RefreshToken)})
	params := api.RefreshRoomClientTokenRequest{RefreshToken: created.RefreshToken}
	_, err = s.client.RefreshRoomClientToken(s.Context(), s.room, params)
	require.ErrorContains(s, err, "revoked")
	require.Equal(s, append(want, "201 ", "403 10010"), s.outcomes())

	s.control(http.MethodPost, "faults", []any{refused})
	s.control(http.MethodDelete, "faults"+own, nil)
	s.control(http.MethodDelete, "requests"+own, nil)
	require.JSONEq(s, "[]", string(s.control(http.MethodGet, "faults"+own, nil)))
	require.Empty(s, s.outcomes())
}

func TestMockSharedByTests(t *testing.T) {
	t.Parallel()
	mock := startMock(t, environ{"TELNYX_API_KEY": keyLike})
	client, err := roomtokens.New(keyLike, roomtokens.WithBaseURL(mock.BaseURL), roomtokens.WithMaxRetries(0))
	require.NoError(t, err)
	for n := range 32 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			sharing{t, mock, uuid.New(), client}.run(n%8 + 1)
		})
	}
}
