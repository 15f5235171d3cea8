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

// Why a token does not serve, for errors.Is.
var (
	// ErrTokenInvalid is a token that this server did not sign, that is not valid yet, or that is of the other type: a
	// refresh token where a client token is due.
	ErrTokenInvalid = errors.New("token is invalid")
	// ErrTokenExpired is a token whose time has passed, by the server's clock.
	ErrTokenExpired = errors.New("token has expired")
)

// The types of token, as in [Claims.Type].
const (
	typeAccess  = "access"
	typeRefresh = "refresh"
)

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
	// crypto/rand does not fail: it ends the program where the system has no randomness.
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	return &issuer{private: private, public: public}
}

// sign returns the token that says claims. Neither encoding them nor signing with a key of the right type can fail.
func (i *issuer) sign(claims *tokenClaims) secret.String {
	method := ed25519Method{jwt.SigningMethodEdDSA}
	signed, err := jwt.NewWithClaims(method, claims).SignedString(i.private)
	if err != nil {
		panic("roomtokenstest: sign: " + err.Error())
	}
	return secret.String(signed)
}

// verify returns the claims of a token of the given type that serves now. Its errors quote nothing of the token.
func (i *issuer) verify(token secret.String, tokenType string, now time.Time) (*tokenClaims, error) {
	claims, err := i.authentic(string(token))
	if err != nil {
		return nil, err
	}
	if claims.Type != tokenType {
		return claims, fmt.Errorf("%w: its type is %s, must be %s", ErrTokenInvalid, claims.Type, tokenType)
	}
	err = jwt.NewValidator(
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(telnyxAccessToken),
		jwt.WithAudience(telnyxAccessToken),
	).Validate(claims)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims, fmt.Errorf("%w: it ended at %s", ErrTokenExpired, claims.endsAt().Format(time.RFC3339))
	case err != nil:
		return claims, fmt.Errorf("%w: %w", ErrTokenInvalid, err)
	}
	return claims, nil
}

// authentic returns what a token says that this server has signed, whenever that was. golang-jwt's parser looks a token's
// method up in a registry for the whole process, so the signature is taken off here.
func (i *issuer) authentic(token string) (*tokenClaims, error) {
	notOurs := fmt.Errorf("%w: this server has not signed it", ErrTokenInvalid)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, notOurs
	}
	parser := jwt.NewParser(jwt.WithStrictDecoding())
	signature, err := parser.DecodeSegment(parts[2])
	if err != nil || jwt.SigningMethodEdDSA.Verify(parts[0]+"."+parts[1], signature, i.public) != nil {
		return nil, notOurs
	}
	payload, err := parser.DecodeSegment(parts[1])
	if err != nil {
		return nil, notOurs
	}
	claims := &tokenClaims{}
	if err := json.Unmarshal(payload, claims); err != nil {
		return nil, notOurs
	}
	return claims, nil
}

// newClaims are those of a client token for the room; a refresh token's differ in type and end. nbf lies a second back, as
// in Telnyx's tokens.
func newClaims(room uuid.UUID, now time.Time, ttl time.Duration) *tokenClaims {
	return &tokenClaims{
		Audience:  telnyxAccessToken,
		ExpiresAt: now.Add(ttl).Unix(),
		Grants: []Grant{{
			Actions:   []string{joinAction},
			Resources: []string{roomResource + room.String()},
			Subjects:  []string{userSubject + uuid.NewString()},
		}},
		GrantsVersion: "1.0.0",
		IssuedAt:      now.Unix(),
		Issuer:        telnyxAccessToken,
		ID:            uuid.NewString(),
		NotBefore:     now.Unix() - 1,
		Subject:       "null",
		Type:          typeAccess,
	}
}
