package roomtokenstest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

// segment decodes one of a token's three parts.
func segment(t *testing.T, token secret.String, n int) string {
	t.Helper()
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(string(token), ".")[n])
	require.NoError(t, err)
	return string(part)
}

func TestTokensSayWhatTelnyxsDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, now := roomtokenstest.NewServer(), time.Now().Unix()
		created := create(t, server.Client(), uuid.MustParse(room))
		for token, want := range map[secret.String]struct {
			typ     string
			ttl     int64
			expires time.Time
		}{
			created.Token: {
				"access", api.CreateRoomClientTokenRequestTokenTTLSecsDefault, created.TokenExpiresAt,
			},
			created.RefreshToken: {
				"refresh", api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault, created.RefreshTokenExpiresAt,
			},
		} {
			require.JSONEq(t, `{"alg":"Ed25519","kid":"`+server.KeyID()+`","typ":"JWT"}`, segment(t, token, 0))
			text := string(token[:strings.LastIndexByte(string(token), '.')])
			require.True(t, ed25519.Verify(server.PublicKey(), []byte(text), []byte(segment(t, token, 2))))
			require.Equal(t, now+want.ttl, want.expires.Unix())
			random := regexp.MustCompile(`[0-9a-f-]{36}"`) // the token's and the participant's id
			require.JSONEq(t, fmt.Sprintf(`{
				"aud": "telnyx_access_token", "iss": "telnyx_access_token", "sub": "null", "jti": "ID", "typ": %q,
				"iat": %d, "nbf": %d, "exp": %d, "grants_version": "1.0.0", "grants": [{"actions": ["join"],
				"resources": ["telnyx:video:rooms:ROOM"], "subjects": ["telnyx:users:ID"]}]
			}`, want.typ, now, now-1, now+want.ttl),
				random.ReplaceAllString(strings.ReplaceAll(segment(t, token, 1), room, "ROOM"), `ID"`))
		}
	})
}

func TestVerifyReturnsTheClaims(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		client, room := server.Client(), uuid.New()
		created := create(t, client, room)
		claims, err := server.Verify(created.Token)
		require.NoError(t, err)
		now := time.Now().UTC()
		require.Equal(t, roomtokenstest.Claims{
			ID: claims.ID, Type: "access", RoomID: room, Issuer: "telnyx_access_token", Audience: "telnyx_access_token",
			Subject: "null", IssuedAt: now, NotBefore: now.Add(-time.Second), ExpiresAt: now.Add(10 * time.Minute),
			GrantsVersion: "1.0.0", Grants: claims.Grants,
		}, claims)

		for range 2 { // a refresh token stays valid
			refreshed, err := refresh(t, client, room, created.RefreshToken)
			require.NoError(t, err)
			again, err := server.Verify(refreshed.Token)
			require.NoError(t, err)
			require.NotEqual(t, claims.ID, again.ID)
			again.ID = claims.ID
			require.Equal(t, claims, again, "the participant is the same")
		}
	})
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	room := uuid.New()
	created := create(t, server.Client(), room)
	parts := strings.Split(string(created.Token), ".")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	server.Inject(roomtokenstest.Fault{ClockSkew: time.Hour})
	early := create(t, server.Client(), room)
	tests := map[string]secret.String{
		"nothing":            "",
		"garbage":            "garbage",
		"a refresh token":    created.RefreshToken,
		"another server's":   create(t, roomtokenstest.NewServer().Client(), room).Token,
		"no signature":       secret.String(parts[0] + "." + parts[1] + "."),
		"another's header":   secret.String(header + "." + parts[1] + "." + parts[2]),
		"another's claims":   secret.String(parts[0] + "." + strings.Split(string(early.Token), ".")[1] + "." + parts[2]),
		"bad base64":         secret.String(parts[0] + "." + parts[1] + ".!"),
		"another spelling":   created.Token[:len(created.Token)-1] + spelledOtherwise(created.Token[len(created.Token)-1]),
		"padded":             created.Token + "==",
		"with a fourth part": created.Token + ".x",
		"not valid yet":      early.Token,
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims, err := server.Verify(token)
			require.ErrorIs(t, err, roomtokenstest.ErrTokenInvalid)
			require.Zero(t, claims)
		})
	}
}

// spelledOtherwise is another last character of a signature in base64, where only its upper two bits count.
func spelledOtherwise(last byte) secret.String {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return secret.String(alphabet[strings.IndexByte(alphabet, last)+1])
}

func TestRevokeTakesARefreshToken(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	created := create(t, server.Client(), uuid.New())
	require.ErrorIs(t, server.Revoke(created.Token), roomtokenstest.ErrTokenInvalid)
	require.ErrorIs(t, server.Revoke("garbage"), roomtokenstest.ErrTokenInvalid)
	require.NoError(t, server.Revoke(created.RefreshToken))
}
