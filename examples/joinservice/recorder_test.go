package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// The bubble's end shows that no goroutine is left.
func TestRecorderHasAValidTokenUntilTheServerEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, io.Discard)
		h.telnyx.Inject(roomtokenstest.Fault{Status: 403})
		tokens, err := recorderTokens(h.client, strings.TrimPrefix(h.room, "/rooms/"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		var validUntil []time.Time
		setToken := func(token *roomtokens.ClientToken) {
			_, err := h.telnyx.Verify(token.Token)
			require.NoError(t, err)
			if len(validUntil) > 0 {
				require.True(t, time.Now().Before(validUntil[len(validUntil)-1]), "the last token has expired")
			}
			validUntil = append(validUntil, token.TokenExpiresAt)
		}
		record(ctx, tokens, setToken, h.log)
		require.Equal(t, time.Hour, time.Since(start))
		require.True(t, validUntil[len(validUntil)-1].After(time.Now()))
		require.Contains(t, h.logged.String(), `"msg":"recorder has no token"`)
	})
}
