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

const jsonType = "application/json"

// ttl is a request with a lifetime.
func ttl(field string, secs int) string {
	return fmt.Sprintf(`{"refresh_token": "a", %q: %d}`, field, secs)
}

func TestPrismRefusesBadBodies(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := bare(t, p, w, api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	for name, body := range map[string]string{
		"lifetime too short":         ttl("token_ttl_secs", api.CreateRoomClientTokenRequestTokenTTLSecsMin-1),
		"lifetime too long":          ttl("token_ttl_secs", api.CreateRoomClientTokenRequestTokenTTLSecsMax+1),
		"refresh lifetime too short": ttl("refresh_token_ttl_secs", api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin-1),
		"refresh lifetime too long":  ttl("refresh_token_ttl_secs", api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax+1),
		"text for a number":          `{"token_ttl_secs": "long"}`,
		"no object":                  `[]`,
	} {
		resp, err := client.CreateRoomClientTokenWithBodyWithResponse(t.Context(), room(), jsonType, strings.NewReader(body))
		require.NoError(t, err, name)
		require.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode(), name)
	}
	for name, body := range map[string]string{
		"no refresh token":   `{}`,
		"number for a token": `{"refresh_token": 1}`,
		"lifetime too long":  ttl("token_ttl_secs", api.CreateRoomClientTokenRequestTokenTTLSecsMax+1),
	} {
		resp, err := client.RefreshRoomClientTokenWithBodyWithResponse(t.Context(), room(), jsonType, strings.NewReader(body))
		require.NoError(t, err, name)
		require.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode(), name)
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

// TestMockFollowsItsDocument shows that it is the document that decides: with other bounds in a copy of it, what the
// real one allows is refused.
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
