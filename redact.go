package roomtokens

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
)

// redactor takes secrets out of text that came from a server, which may echo what it was sent.
type redactor []string

// newRedactor knows the secrets of all attempts that led to resp.
func newRedactor(resp *response) redactor {
	var r redactor
	for _, sent := range append(resp.sentSecrets(), resp.secrets...) {
		quoted := strconv.Quote(sent)
		r = append(r, sent, quoted[1:len(quoted)-1], url.QueryEscape(sent))
	}
	return r
}

// sentSecrets returns the API key and the refresh token that the request held. Middleware may have moved the key.
func (r *response) sentSecrets() []string {
	var secrets []string
	if apiKey, ok := strings.CutPrefix(r.authorization, bearer); ok && apiKey != "" {
		secrets = append(secrets, apiKey)
	}
	if refreshToken := refreshTokenOf(r.request); refreshToken != "" {
		secrets = append(secrets, refreshToken)
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

// text returns s with [REDACTED] in place of each secret, and of whatever looks like a bearer token or a JWT.
func (r redactor) text(s string) string {
	for _, known := range r {
		s = strings.ReplaceAll(s, known, redacted)
	}
	s = redactTokens(s, bearer, len(bearer))
	return redactTokens(s, "eyJ", 0) // in base64url, the header of a JWT in compact form (RFC 7519) begins so
}

const redacted = "[REDACTED]"

// redactTokens redacts what follows each prefix, the prefix included but for its first keep bytes, if it looks like a
// token: characters of token68 (RFC 9110, section 11.2), and enough of them.
func redactTokens(s, prefix string, keep int) string {
	const minLength = 11
	var b strings.Builder
	for {
		i := strings.Index(s, prefix)
		if i < 0 {
			return b.String() + s
		}
		start := i + keep
		end := start
		for end < len(s) && isToken68(s[end]) {
			end++
		}
		b.WriteString(s[:start])
		if end-start >= minLength {
			b.WriteString(redacted)
		} else {
			b.WriteString(s[start:max(end, i+len(prefix))])
		}
		s = s[max(end, i+len(prefix)):]
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
	text := err.Error()
	clean := r.text(text)
	if clean == text {
		return err
	}
	return &redactedError{
		text: oneLine(clean, maxErrorTextBytes),
		is:   func(target error) bool { return errors.Is(err, target) },
	}
}

// redactedError stands for an error whose text holds a secret. It keeps that error in a function, since that is what
// package fmt never looks into.
type redactedError struct {
	text string
	is   func(error) bool
}

func (e *redactedError) Error() string { return e.text }

// Is reports whether the original error matches target.
func (e *redactedError) Is(target error) bool { return e.is(target) }
