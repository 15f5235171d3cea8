package roomtokenstest

import (
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
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
	ExpiresAt     time.Time // exp: the first instant at which the token no longer serves
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
	telnyxAccessToken = "telnyx_access_token" //nolint:gosec // a name, not a token
	joinAction        = "join"
	roomResource      = "telnyx:video:rooms:"
	userSubject       = "telnyx:users:"
)

// tokenClaims are Claims on the wire: in the order of Telnyx's, aud a string, times in seconds since 1970.
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

// GetExpirationTime implements jwt.Claims.
func (c *tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.ExpiresAt), nil }

// GetIssuedAt implements jwt.Claims.
func (c *tokenClaims) GetIssuedAt() (*jwt.NumericDate, error) { return date(c.IssuedAt), nil }

// GetNotBefore implements jwt.Claims.
func (c *tokenClaims) GetNotBefore() (*jwt.NumericDate, error) { return date(c.NotBefore), nil }

// GetIssuer implements jwt.Claims.
func (c *tokenClaims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject implements jwt.Claims.
func (c *tokenClaims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience implements jwt.Claims.
func (c *tokenClaims) GetAudience() (jwt.ClaimStrings, error) {
	return jwt.ClaimStrings{c.Audience}, nil
}

func date(unix int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(unix, 0)) }

func (c *tokenClaims) endsAt() time.Time { return time.Unix(c.ExpiresAt, 0).UTC() }

// room is the room that the first grant is for; the nil UUID where it is for none.
func (c *tokenClaims) room() uuid.UUID {
	if len(c.Grants) == 0 || len(c.Grants[0].Resources) == 0 {
		return uuid.Nil
	}
	room, _ := uuid.Parse(strings.TrimPrefix(c.Grants[0].Resources[0], roomResource))
	return room
}

// retyped are the claims of another token for the same participant.
func (c *tokenClaims) retyped(tokenType string, now time.Time, ttl time.Duration) *tokenClaims {
	other := newClaims(c.room(), now, ttl)
	other.Type, other.Grants = tokenType, c.Grants
	return other
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
		ExpiresAt:     c.endsAt(),
		GrantsVersion: c.GrantsVersion,
		Grants:        c.Grants,
	}
}
