package roomtokenstest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	room        = "3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60"
	createPath  = "/v2/rooms/" + room + "/actions/generate_join_client_token"
	refreshPath = "/v2/rooms/" + room + "/actions/refresh_client_token"
)

func create(t *testing.T, c *roomtokens.Client, room uuid.UUID) *roomtokens.ClientToken {
	t.Helper()
	token, err := c.CreateRoomClientToken(t.Context(), room, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	return token
}

func refresh(
	t *testing.T,
	c *roomtokens.Client,
	room uuid.UUID,
	token secret.String,
) (*roomtokens.RefreshedToken, error) {
	t.Helper()
	return c.RefreshRoomClientToken(t.Context(), room, api.RefreshRoomClientTokenRequest{RefreshToken: token})
}

// requireRefused expects a refusal with one problem that has the code.
func requireRefused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refused *roomtokens.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, status, refused.StatusCode)
	require.Len(t, refused.Problems, 1)
	require.Equal(t, code, refused.Problems[0].Code)
}

// named returns a ready-made fault.
func named(name string) roomtokenstest.Fault {
	fault, ok := roomtokenstest.Faults()[name]
	if !ok {
		panic("there is no fault called " + name)
	}
	return fault
}

// post sends a valid create and reads the response.
func post(t *testing.T, server *roomtokenstest.Server) (*http.Response, string, error) {
	t.Helper()
	const url = "https://fake.test" + createPath
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+server.APIKey())
	client := server.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	const enough = 2 << 20 // of what is meant to be too much
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	return resp, string(body), err
}

// statuses sends n creates, each a single attempt, and lists the responses' statuses; 0 for none.
func statuses(t *testing.T, server *roomtokenstest.Server, n int) []int {
	t.Helper()
	var got []int
	for range n {
		resp, _, err := post(t, server)
		if err != nil {
			got = append(got, 0)
			continue
		}
		got = append(got, resp.StatusCode)
	}
	return got
}
