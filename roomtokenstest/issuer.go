package roomtokenstest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// issuer signs tokens with a key of its own: JWS in compact form (RFC 7515), with the algorithm's name as Telnyx gives
// it, which RFC 9864 registers.
type issuer struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	keyID   string
	header  string       // of every token, encoded
	format  json.Options // of claims
}

func newIssuer() *issuer {
	// crypto/rand does not fail: it ends the program if the system has no randomness.
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	keyID := thumbprint(public)
	header := encode([]byte(`{"alg":"Ed25519","kid":"` + keyID + `","typ":"JWT"}`))
	format := json.JoinOptions(
		json.WithMarshalers(json.MarshalFunc(marshalSeconds)),
		json.WithUnmarshalers(json.UnmarshalFunc(unmarshalSeconds)),
	)
	return &issuer{private: private, public: public, keyID: keyID, header: header, format: format}
}

// thumbprint identifies a key (RFC 7638, RFC 8037 appendix A.3).
func thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(public) + `"}`))
	return encode(sum[:])
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// issue returns the token that says claims, which cannot fail to encode.
func (i *issuer) issue(claims *Claims) secret.String {
	payload, err := json.Marshal(claims, i.format)
	if err != nil {
		panic("roomtokenstest: claims: " + err.Error())
	}
	return i.sign(i.header + "." + encode(payload))
}

// sign returns the token whose header and claims are text.
func (i *issuer) sign(text string) secret.String {
	return secret.String(text + "." + encode(ed25519.Sign(i.private, []byte(text))))
}

// read returns the claims of a token that this issuer has signed. A text has only one signature by a key in Ed25519, so
// it is signed again and compared. That also refuses what differs from an issued token in its base64 alone.
func (i *issuer) read(token secret.String) (*Claims, bool) {
	parts := strings.Split(string(token), ".")
	if len(parts) != 3 || i.sign(parts[0]+"."+parts[1]) != token {
		return nil, false
	}
	// The issuer has encoded what it has signed, so that none of this fails.
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	claims := &Claims{}
	_ = json.Unmarshal(payload, claims, i.format)
	claims.RoomID, _ = uuid.Parse(strings.TrimPrefix(claims.Grants[0].Resources[0], roomResource))
	return claims, true
}

// marshalSeconds writes a time as a NumericDate (RFC 7519, section 2).
func marshalSeconds(t time.Time) ([]byte, error) { return strconv.AppendInt(nil, t.Unix(), 10), nil }

func unmarshalSeconds(data []byte, t *time.Time) error {
	seconds, err := strconv.ParseInt(string(data), 10, 64)
	*t = time.Unix(seconds, 0).UTC()
	return err
}
