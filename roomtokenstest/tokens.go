package roomtokenstest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

// tokenClaims are Claims on the wire. Audience is a string there, and a list in the registered claims.
type tokenClaims struct {
	jwt.RegisteredClaims
	Audience      string  `json:"aud"`
	Grants        []Grant `json:"grants"`
	GrantsVersion string  `json:"grants_version"`
	Type          string  `json:"typ"`
}

// newClaims are of a token for the room and a new participant. It is valid since a second ago, as Telnyx's tokens are.
func newClaims(room uuid.UUID, tokenType string, now time.Time, ttl time.Duration) *tokenClaims {
	return &tokenClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        uuid.NewString(),
			Issuer:    issuerName,
			Subject:   "null",
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now.Add(-time.Second)),
			ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
		Audience: issuerName,
		Grants: []Grant{{
			Actions:   []string{"join"},
			Resources: []string{roomResource + room.String()},
			Subjects:  []string{"telnyx:users:" + uuid.NewString()},
		}},
		GrantsVersion: "1.0.0",
		Type:          tokenType,
	}
}

func (c *tokenClaims) expiresAt() time.Time { return c.ExpiresAt.UTC() }

// room is the room that the first grant is for; the nil UUID if it is for none.
func (c *tokenClaims) room() uuid.UUID {
	if len(c.Grants) == 0 || len(c.Grants[0].Resources) == 0 {
		return uuid.Nil
	}
	room, _ := uuid.Parse(strings.TrimPrefix(c.Grants[0].Resources[0], roomResource))
	return room
}

func (c *tokenClaims) export() Claims {
	return Claims{
		ID:            c.ID,
		Type:          c.Type,
		RoomID:        c.room(),
		Issuer:        c.Issuer,
		Audience:      c.Audience,
		Subject:       c.Subject,
		IssuedAt:      c.IssuedAt.UTC(),
		NotBefore:     c.NotBefore.UTC(),
		ExpiresAt:     c.expiresAt(),
		GrantsVersion: c.GrantsVersion,
		Grants:        c.Grants,
	}
}

// ed25519Method is golang-jwt's EdDSA under the name that Telnyx's tokens give it, which RFC 9864 registers.
type ed25519Method struct{ *jwt.SigningMethodEd25519 }

// Alg implements jwt.SigningMethod.
func (ed25519Method) Alg() string { return "Ed25519" }

// issuer signs tokens with a key of its own.
type issuer struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

func newIssuer() *issuer {
	// crypto/rand does not fail: it ends the program if the system has no randomness.
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	return &issuer{private: private, public: public}
}

// sign returns the token that says claims. Neither encoding them nor signing with a key of the right type can fail.
func (i *issuer) sign(claims *tokenClaims) secret.String {
	signed, err := jwt.NewWithClaims(ed25519Method{jwt.SigningMethodEdDSA}, claims).SignedString(i.private)
	if err != nil {
		panic("roomtokenstest: sign: " + err.Error())
	}
	return secret.String(signed)
}

// verify returns the claims of a token of the given type that is valid now. Its errors quote nothing of the token.
func (i *issuer) verify(token secret.String, tokenType string, now time.Time) (*tokenClaims, error) {
	claims, ok := i.authentic(string(token))
	if !ok {
		return nil, fmt.Errorf("%w: this server has not signed it", ErrTokenInvalid)
	}
	if claims.Type != tokenType {
		return claims, fmt.Errorf("%w: its type is %s, must be %s", ErrTokenInvalid, claims.Type, tokenType)
	}
	err := jwt.NewValidator(jwt.WithTimeFunc(func() time.Time { return now })).Validate(claims)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims, fmt.Errorf("%w: at %s", ErrTokenExpired, claims.expiresAt().Format(time.RFC3339))
	case err != nil:
		return claims, fmt.Errorf("%w: %w", ErrTokenInvalid, err)
	}
	return claims, nil
}

// authentic returns what a token says that this server has signed, valid or not. golang-jwt's parser takes a token's
// algorithm from a registry for the whole process, in which a fake has nothing to add: it verifies the signature here.
func (i *issuer) authentic(token string) (claims *tokenClaims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	parser := jwt.NewParser(jwt.WithStrictDecoding())
	signature, err := parser.DecodeSegment(parts[2])
	if err != nil || jwt.SigningMethodEdDSA.Verify(parts[0]+"."+parts[1], signature, i.public) != nil {
		return nil, false
	}
	payload, err := parser.DecodeSegment(parts[1])
	return claims, err == nil && json.Unmarshal(payload, &claims) == nil
}
