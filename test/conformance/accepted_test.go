//go:build conformance

package conformance_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestWrapperConforms(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := wrapper(t, p, w)
	for name, params := range createRequests() {
		token, err := client.CreateRoomClientToken(t.Context(), room(), params)
		require.NoError(t, err, name)
		require.NotEmpty(t, string(token.Token), name)
		require.NotEmpty(t, string(token.RefreshToken), name)
		require.True(t, token.TokenExpiresAt.Before(token.RefreshTokenExpiresAt), name)
	}
	for name, params := range refreshRequests() {
		token, err := client.RefreshRoomClientToken(t.Context(), room(), params)
		require.NoError(t, err, name)
		require.NotEmpty(t, string(token.Token), name)
		require.False(t, token.TokenExpiresAt.IsZero(), name)
	}
	requireNoViolation(t, p, w)
}

func TestWrapperReportsTheDocumentedRefusal(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := wrapper(t, p, w, roomtokens.WithRequestEditor(prefer("403")))
	_, createErr := client.CreateRoomClientToken(t.Context(), room(), api.CreateRoomClientTokenRequest{})
	_, refreshErr := client.RefreshRoomClientToken(
		t.Context(),
		room(),
		api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken},
	)
	for _, err := range []error{createErr, refreshErr} {
		require.ErrorIs(t, err, roomtokens.ErrForbidden)
		var refusal *roomtokens.Error
		require.ErrorAs(t, err, &refusal)
		require.Len(t, refusal.Problems, 1)
		require.NotEmpty(t, refusal.Problems[0].Code)
		require.NotEmpty(t, refusal.Problems[0].Source.Pointer)
	}
	requireNoViolation(t, p, w)
}

func TestGeneratedClientConforms(t *testing.T) {
	t.Parallel()
	p, w := startPrism(t, specFile()), &watch{t: t}
	client := bare(t, p, w, api.WithRequestEditorFn(roomtokens.BearerAuth(apiKey)))
	for name, params := range createRequests() {
		resp, err := client.CreateRoomClientTokenWithResponse(t.Context(), room(), params)
		require.NoError(t, err, name)
		require.NotNil(t, resp.JSON201, name)
		require.NotEmpty(t, string(resp.JSON201.Data.RefreshToken), name)
	}
	for name, params := range refreshRequests() {
		resp, err := client.RefreshRoomClientTokenWithResponse(t.Context(), room(), params)
		require.NoError(t, err, name)
		require.NotNil(t, resp.JSON201, name)
		require.NotEmpty(t, string(resp.JSON201.Data.Token), name)
	}
	created, err := client.CreateRoomClientTokenWithResponse(
		t.Context(),
		room(),
		api.CreateRoomClientTokenRequest{},
		prefer("403"),
	)
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, created.StatusCode())
	require.NotNil(t, created.JSON403)
	require.NotEmpty(t, created.JSON403.Title)
	requireNoViolation(t, p, w)
}
