package roomtokenstest

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/secret"
)

// A signature alone does not make a token.
func TestVerifyLooksBeyondTheSignature(t *testing.T) {
	t.Parallel()
	i, now := newIssuer(), time.Now()
	signed := func(payload string) secret.String {
		text := "e30." + payload
		signature, err := jwt.SigningMethodEdDSA.Sign(text, i.private)
		require.NoError(t, err)
		return secret.String(text + "." + base64.RawURLEncoding.EncodeToString(signature))
	}
	tests := map[string]secret.String{
		"claims are not base64": signed("!"),
		"claims are not JSON":   signed("e30x"),
	}
	for name, token := range tests {
		_, err := i.verify(token, typeAccess, now)
		require.ErrorIs(t, err, ErrTokenInvalid, name)
	}
}

func TestRoomOfClaimsWithoutGrants(t *testing.T) {
	t.Parallel()
	require.Equal(t, uuid.Nil, (&tokenClaims{}).room())
	require.Equal(t, uuid.Nil, (&tokenClaims{Grants: []Grant{{}}}).room())
}
