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
)

// redactor holds the secrets to take out of text that came from a server, which may echo what it was sent.
type redactor []string

// newRedactor returns a redactor of the secrets that the attempts of a call sent, up to that of resp.
func newRedactor(resp *response) redactor {
	var r redactor
	for _, secret := range append(resp.sentSecrets(), resp.secrets...) {
		for _, form := range []string{secret, strings.ReplaceAll(secret, " ", "+")} { // + is a blank in a URL's query
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

// refreshTokenOf returns the refresh token in the body of a request, if that can be read again.
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
	_ = json.UnmarshalRead(body, &params) // what was read before an error is a secret too
	return string(params.RefreshToken)
}

// text returns s with [REDACTED] in place of each secret, and of whatever looks like a bearer token or a JWT. All of
// them are found in s before any is replaced.
func (r redactor) text(s string) string {
	hidden := make([]bool, len(s))
	for i := 0; i < len(s); {
		token := tokenAt(s, i)
		hide(hidden[i : i+token])
		i += max(token, 1)
	}
	for _, escape := range []byte{0, '\\', '%', '&'} { // none, and those of JSON and Go, of URLs, of HTML
		if escape == 0 || strings.IndexByte(s, escape) >= 0 {
			r.search(s, escape, hidden)
		}
	}
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

// search hides the secrets that s holds once its escapes that begin with escape are decoded. Its time is linear in the
// length of s, even for a refresh token of 64 KiB of the same letter, which a participant may send.
func (r redactor) search(s string, escape byte, hidden []bool) {
	text, position := decode(s, escape)
	for _, secret := range r {
		for end := 0; ; {
			i := strings.Index(text[end:], secret)
			if i < 0 {
				break
			}
			start := end + i
			end = start + len(secret)
			hide(hidden[position[start]:position[end]])
		}
	}
}

func hide(part []bool) {
	for i := range part {
		part[i] = true
	}
}

// tokenAt returns the length of what looks like a token at s[i]: enough characters of token68 (RFC 9110, section 11.2)
// after "Bearer " or from "eyJ" on, with which the header of a JWT in compact form (RFC 7519) begins in base64url.
func tokenAt(s string, i int) int {
	const minBytes = 11
	if !strings.HasPrefix(s[i:], "eyJ") && !strings.HasSuffix(s[:i], bearer) {
		return 0
	}
	end := i
	for end < len(s) && isToken68(s[end]) {
		end++
	}
	if end-i < minBytes {
		return 0
	}
	return end - i
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
	original func() error // a function, so that fmt does not print the error
}

func (e *redactedError) Error() string { return e.text }

// Is reports whether the original error matches target.
func (e *redactedError) Is(target error) bool { return errors.Is(e.original(), target) }

// value redacts what encoding/json makes of a document, in depth.
func (r redactor) value(value any) any {
	switch v := value.(type) {
	case string:
		return r.text(v)
	case []any:
		for i := range v {
			v[i] = r.value(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, field := range v {
			clean[r.text(name)] = r.value(field)
		}
		return clean
	}
	return value
}
