package roomtokenstest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
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
func post(
	t *testing.T, server *roomtokenstest.Server, client *http.Client, base string,
) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+createPath, strings.NewReader(`{}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+server.APIKey())
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
		resp, _, err := post(t, server, server.HTTPClient(), "https://fake.test")
		if err != nil {
			got = append(got, 0)
			continue
		}
		got = append(got, resp.StatusCode)
	}
	return got
}

// requireInSpec holds a response against the spec: the body of a status that the spec lists for the operation, or else
// a status that refuses, and one video_Error in an envelope.
func requireInSpec(t *testing.T, doc *openapi3.T, operation api.Operation, w *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.NotEmpty(t, w.Header().Get("X-Request-Id"))
	var body map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	var listed *openapi3.ResponseRef
	if operation != "" {
		spec := doc.Paths.Value(operation.Path()).GetOperation(operation.Method())
		listed = spec.Responses.Status(w.Code)
	}
	if listed != nil {
		schema := listed.Value.Content.Get("application/json").Schema.Value
		require.NoError(t, schema.VisitJSON(body, openapi3.EnableJSONSchema2020()))
		return
	}
	require.Contains(t, []int{400, 401, 404, 405, 413, 415, 422, 429}, w.Code, "%s", w.Body)
	errs, _ := body["errors"].([]any)
	require.Len(t, errs, 1)
	require.NoError(t, doc.Components.Schemas["video_Error"].Value.VisitJSON(errs[0], openapi3.EnableJSONSchema2020()))
}

func loadSpec(tb testing.TB) *openapi3.T {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(roomtokens.Spec())
	require.NoError(tb, err)
	return doc
}
