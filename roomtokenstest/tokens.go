package roomtokenstest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// Why a token is refused, for errors.Is.
var (
	// ErrTokenInvalid is a token that this server did not sign, that is not valid yet, or that is of the other type: a
	// refresh token where a client token is due.
	ErrTokenInvalid = errors.New("token is invalid")
	// ErrTokenExpired is a token that has expired, by the server's clock.
	ErrTokenExpired = errors.New("token has expired")
)

// Claims are what a token says (RFC 7519), as Telnyx's tokens say it. Times are in UTC, in whole seconds.
type Claims struct {
	ID            string    // jti, a UUID: no two tokens share it
	Type          string    // typ: "access" for a client token
	RoomID        uuid.UUID // the room in the first grant
	Issuer        string    // iss: "telnyx_access_token"
	Audience      string    // aud: "telnyx_access_token"
	Subject       string    // sub: "null", as Telnyx has it; the participant is in the grant
	IssuedAt      time.Time // iat
	NotBefore     time.Time // nbf: a second before IssuedAt
	ExpiresAt     time.Time // exp: the first instant at which the token is no longer valid
	GrantsVersion string    // "1.0.0"
	Grants        []Grant
}

// Grant is something that a token permits.
type Grant struct {
	Actions   []string `json:"actions"`   // "join"
	Resources []string `json:"resources"` // "telnyx:video:rooms:" and the room's id
	Subjects  []string `json:"subjects"`  // "telnyx:users:" and a participant's id, the same for both tokens of a create
}

const (
	typeAccess  = "access"
	typeRefresh = "refresh"

	issuerName   = "telnyx_access_token"
	roomResource = "telnyx:video:rooms:"
)

// tokenClaims are Claims on the wire. Times are seconds of the Unix epoch.
type tokenClaims struct {
	Audience      string  `json:"aud"`
	ExpiresAt     int64   `json:"exp"`
	Grants        []Grant `json:"grants"`
	GrantsVersion string  `json:"grants_version"`
	IssuedAt      int64   `json:"iat"`
	Issuer        string  `json:"iss"`
	ID            string  `json:"jti"`
	NotBefore     int64   `json:"nbf"`
	Subject       string  `json:"sub"`
	Type          string  `json:"typ"`
}

// newClaims are of a token for the room and a new participant. It is valid since a second ago, as Telnyx's tokens are.
func newClaims(room uuid.UUID, tokenType string, now time.Time, ttl time.Duration) *tokenClaims {
	return &tokenClaims{
		Audience:  issuerName,
		ExpiresAt: now.Add(ttl).Unix(),
		Grants: []Grant{{
			Actions:   []string{"join"},
			Resources: []string{roomResource + room.String()},
			Subjects:  []string{"telnyx:users:" + uuid.NewString()},
		}},
		GrantsVersion: "1.0.0",
		IssuedAt:      now.Unix(),
		Issuer:        issuerName,
		ID:            uuid.NewString(),
		NotBefore:     now.Unix() - 1,
		Subject:       "null",
		Type:          tokenType,
	}
}

func (c *tokenClaims) expiresAt() time.Time { return time.Unix(c.ExpiresAt, 0).UTC() }

// room is the room that the grant is for.
func (c *tokenClaims) room() uuid.UUID {
	return uuid.MustParse(strings.TrimPrefix(c.Grants[0].Resources[0], roomResource))
}

func (c *tokenClaims) export() Claims {
	return Claims{
		ID:            c.ID,
		Type:          c.Type,
		RoomID:        c.room(),
		Issuer:        c.Issuer,
		Audience:      c.Audience,
		Subject:       c.Subject,
		IssuedAt:      time.Unix(c.IssuedAt, 0).UTC(),
		NotBefore:     time.Unix(c.NotBefore, 0).UTC(),
		ExpiresAt:     c.expiresAt(),
		GrantsVersion: c.GrantsVersion,
		Grants:        c.Grants,
	}
}

// verify returns the claims of a token of the given type that is valid now. Where the error is about what the token
// says, it returns the claims as well. Errors quote nothing of the token.
func (i *issuer) verify(token secret.String, tokenType string, now time.Time) (*tokenClaims, error) {
	claims, ok := i.read(token)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: this server has not signed it", ErrTokenInvalid)
	case claims.Type != tokenType:
		return claims, fmt.Errorf("%w: its type is %s, must be %s", ErrTokenInvalid, claims.Type, tokenType)
	case now.Unix() < claims.NotBefore:
		return claims, fmt.Errorf("%w: it is not valid yet", ErrTokenInvalid)
	case now.Unix() >= claims.ExpiresAt:
		return claims, fmt.Errorf("%w: at %s", ErrTokenExpired, claims.expiresAt().Format(time.RFC3339))
	}
	return claims, nil
}
