package roomtokenstest

import (
	"errors"
	"fmt"
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
	ID            string    `json:"jti"` // a UUID: no two tokens share it
	Type          string    `json:"typ"` // "access" for a client token
	RoomID        uuid.UUID `json:"-"`   // the room in the first grant
	Issuer        string    `json:"iss"` // "telnyx_access_token"
	Audience      string    `json:"aud"` // "telnyx_access_token"
	Subject       string    `json:"sub"` // "null", as Telnyx has it; the participant is in the grant
	IssuedAt      time.Time `json:"iat"`
	NotBefore     time.Time `json:"nbf"`            // a second before IssuedAt
	ExpiresAt     time.Time `json:"exp"`            // the first instant at which the token is no longer valid
	GrantsVersion string    `json:"grants_version"` // "1.0.0"
	Grants        []Grant   `json:"grants"`
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

// newClaims are of a token for the room and a new participant. It is valid since a second ago, as Telnyx's tokens are.
func newClaims(room uuid.UUID, tokenType string, now time.Time, ttl time.Duration) *Claims {
	return &Claims{
		ID:            uuid.NewString(),
		Type:          tokenType,
		Issuer:        issuerName,
		Audience:      issuerName,
		Subject:       "null",
		IssuedAt:      wholeSeconds(now),
		NotBefore:     wholeSeconds(now.Add(-time.Second)),
		ExpiresAt:     wholeSeconds(now.Add(ttl)),
		GrantsVersion: "1.0.0",
		Grants: []Grant{{
			Actions:   []string{"join"},
			Resources: []string{roomResource + room.String()},
			Subjects:  []string{"telnyx:users:" + uuid.NewString()},
		}},
	}
}

func wholeSeconds(t time.Time) time.Time { return time.Unix(t.Unix(), 0).UTC() }

// verify returns the claims of a token of the given type that is valid now. Where the error is about what the token
// says, it returns the claims as well. Errors quote nothing of the token.
func (i *issuer) verify(token secret.String, tokenType string, now time.Time) (*Claims, error) {
	claims, ok := i.read(token)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: this server has not signed it", ErrTokenInvalid)
	case claims.Type != tokenType:
		return claims, fmt.Errorf("%w: its type is %s, must be %s", ErrTokenInvalid, claims.Type, tokenType)
	case now.Before(claims.NotBefore):
		return claims, fmt.Errorf("%w: it is not valid yet", ErrTokenInvalid)
	case !now.Before(claims.ExpiresAt):
		return claims, fmt.Errorf("%w: at %s", ErrTokenExpired, claims.ExpiresAt.Format(time.RFC3339))
	}
	return claims, nil
}
