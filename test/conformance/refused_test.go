//go:build conformance

package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestPrismRefusesCreateWithoutKey(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := bare(t, p, w)
	created, err := client.CreateRoomClientTokenWithResponse(t.Context(), room(), api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, created.StatusCode())
	refreshed, err := client.RefreshRoomClientTokenWithResponse(t.Context(), room(), refreshRequests()["defaults"])
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, refreshed.StatusCode())
	p.stop(t)
	require.Equal(t, w.sent-1, p.passed())
	require.NotEmpty(t, p.violations())
}

func TestPrismRefusesBadBodies(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := bare(t, p, w, api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	for name, body := range map[string]string{
		"below the least token lifetime":   fmt.Sprintf(`{"token_ttl_secs": %d}`, api.CreateRoomClientTokenRequestTokenTTLSecsMin-1),
		"beyond the token lifetime":        fmt.Sprintf(`{"token_ttl_secs": %d}`, api.CreateRoomClientTokenRequestTokenTTLSecsMax+1),
		"below the least refresh lifetime": fmt.Sprintf(`{"refresh_token_ttl_secs": %d}`, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin-1),
		"beyond the refresh lifetime":      fmt.Sprintf(`{"refresh_token_ttl_secs": %d}`, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax+1),
		"text for a number":                `{"token_ttl_secs": "long"}`,
		"no object":                        `[]`,
	} {
		answer, err := client.CreateRoomClientTokenWithBodyWithResponse(t.Context(), room(), "application/json", strings.NewReader(body))
		require.NoError(t, err, name)
		require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode(), name)
	}
	for name, body := range map[string]string{
		"no refresh token":          `{}`,
		"number for a token":        `{"refresh_token": 1}`,
		"beyond the token lifetime": fmt.Sprintf(`{"refresh_token": "a", "token_ttl_secs": %d}`, api.CreateRoomClientTokenRequestTokenTTLSecsMax+1),
	} {
		answer, err := client.RefreshRoomClientTokenWithBodyWithResponse(t.Context(), room(), "application/json", strings.NewReader(body))
		require.NoError(t, err, name)
		require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode(), name)
	}
	p.stop(t)
	require.Positive(t, w.sent)
	require.Equal(t, w.sent, p.received())
	require.Zero(t, p.passed())
}

func TestWrapperReportsPrismsRefusal(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := wrapper(t, p, w, roomtokens.WithRequestEditor(func(_ context.Context, req *http.Request) error {
		const body = `{"token_ttl_secs": "long"}`
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		req.GetBody = nil
		return nil
	}))
	_, err := client.CreateRoomClientToken(t.Context(), room(), api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
	var refusal *roomtokens.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusUnprocessableEntity, refusal.StatusCode)
	require.Len(t, refusal.Problems, 1)
	require.NotEmpty(t, refusal.Problems[0].Title)
}

// TestMockFollowsItsDocument shows that it is the document that decides: with other bounds in a copy of it, what the real
// one allows is refused.
func TestMockFollowsItsDocument(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, narrowed(t)), &watch{t: t}
	client := wrapper(t, p, w)
	_, err := client.CreateRoomClientToken(t.Context(), room(), createRequests()["lowest"])
	require.NoError(t, err)
	_, err = client.CreateRoomClientToken(t.Context(), room(), createRequests()["highest"])
	var refusal *roomtokens.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusUnprocessableEntity, refusal.StatusCode)
	p.stop(t)
	require.NotEmpty(t, p.violations())
}

// narrowed writes a copy of the spec in which each highest value is the lowest.
func narrowed(t *testing.T) string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(specFile())
	require.NoError(t, err)
	for _, schema := range doc.Components.Schemas {
		for _, property := range schema.Value.Properties {
			if property.Value.Max != nil {
				property.Value.Max = property.Value.Min
			}
		}
	}
	spec, err := doc.MarshalJSON()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "narrowed.json")
	require.NoError(t, os.WriteFile(file, spec, 0o600))
	return file
}
