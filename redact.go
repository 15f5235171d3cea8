package roomtokens

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
)

const (
	redacted = "[REDACTED]"
	// minSecretBytes is the length of the shortest secret that is looked for. A shorter one is part of many words, and
	// [REDACTED] in the middle of a word tells what it stands for.
	minSecretBytes = 4
	// maxEscapes is how many times over an echoed secret may be escaped and is still found.
	maxEscapes = 3
)

// redactor holds the secrets to take out of text that came from a server, which may echo what it was sent.
type redactor []string

// newRedactor knows the secrets of all attempts that led to resp.
func newRedactor(resp *response) redactor {
	var r redactor
	for _, secret := range append(resp.sentSecrets(), resp.secrets...) {
		for _, form := range []string{secret, strings.ReplaceAll(secret, " ", "+")} { // + is a space in a URL's query
			if len(form) >= minSecretBytes && !slices.Contains(r, form) {
				r = append(r, form)
			}
		}
	}
	return r
}

// sentSecrets returns the API key and the refresh token that the request held. Middleware may have moved the key.
func (r *response) sentSecrets() []string {
	secrets := []string{refreshTokenOf(r.request)}
	if apiKey, ok := strings.CutPrefix(r.authorization, bearer); ok {
		secrets = append(secrets, apiKey)
	}
	return secrets
}

// refreshTokenOf reads it from the body of a request, where that can be read again.
func refreshTokenOf(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	body, err := req.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	var params api.RefreshRoomClientTokenRequest
	_ = json.UnmarshalRead(body, &params) // of a body that is not quite valid, what has been read is a secret, too
	return string(params.RefreshToken)
}

// text returns s with [REDACTED] in place of each secret, however it is escaped, and of whatever looks like a bearer
// token or a JWT. All of them are found before any is replaced, so that nothing is replaced twice.
func (r redactor) text(s string) string {
	hidden, position := make([]bool, len(s)), make([]int, len(s)+1)
	for i := range position {
		position[i] = i
	}
	r.hide(decoded{s, position, hidden}, maxEscapes)
	var b strings.Builder
	for i := range len(s) {
		switch {
		case !hidden[i]:
			b.WriteByte(s[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// hide hides the secrets in d, and those that show once escapes are decoded, up to depth times over.
func (r redactor) hide(d decoded, depth int) {
	for _, secret := range r {
		for end := 0; ; {
			i := strings.Index(d.text[end:], secret)
			if i < 0 {
				break
			}
			start := end + i
			end = start + len(secret)
			d.hide(start, end)
		}
	}
	hideTokens(d)
	if depth == 0 {
		return
	}
	for _, first := range []byte(`\%&`) { // of JSON and Go, of URLs, of HTML
		if next := d.decode(first); len(next.text) < len(d.text) {
			r.hide(next, depth-1)
		}
	}
}

// hideTokens hides what looks like a token: enough characters of token68 (RFC 9110, section 11.2), after "Bearer " or
// from "eyJ" on, with which the header of a JWT in compact form (RFC 7519) begins in base64url.
func hideTokens(d decoded) {
	const minBytes = 11
	for start := 0; start < len(d.text); start++ {
		end := start
		for end < len(d.text) && isToken68(d.text[end]) {
			end++
		}
		token := strings.Index(d.text[start:end], "eyJ")
		if strings.HasSuffix(d.text[:start], bearer) {
			token = 0
		}
		if token >= 0 && end-start-token >= minBytes {
			d.hide(start+token, end)
		}
		start = end
	}
}

func isToken68(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~+/=", c) >= 0
}

// error returns err or, where its text holds a secret, an error with the text redacted, which errors.Is matches
// as it does err.
func (r redactor) error(err error) error {
	if err == nil {
		return nil
	}
	clean := r.text(err.Error())
	if clean == err.Error() {
		return err
	}
	return &redactedError{text: clean, original: func() error { return err }}
}

// redactedError stands for an error whose text holds a secret.
type redactedError struct {
	text     string
	original func() error // fmt prints the unexported fields of a struct, but not what a function refers to
}

func (e *redactedError) Error() string { return e.text }

// Is reports whether the original error matches target.
func (e *redactedError) Is(target error) bool { return errors.Is(e.original(), target) }
