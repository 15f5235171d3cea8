package roomtokens

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// redactor takes secrets out of text that came from a server, which may echo what it was sent.
type redactor []string

// newRedactor knows the secrets of all attempts that led to resp.
func newRedactor(resp *response) redactor {
	var r redactor
	for _, sent := range append(secretsOf(resp.request), resp.secrets...) {
		quoted := strconv.Quote(sent)
		r = append(r, sent, quoted[1:len(quoted)-1], url.QueryEscape(sent))
	}
	return r
}

// secretsOf returns the API key and the refresh token that req holds.
func secretsOf(req *http.Request) []string {
	var secrets []string
	if apiKey, ok := strings.CutPrefix(req.Header.Get("Authorization"), bearer); ok && apiKey != "" {
		secrets = append(secrets, apiKey)
	}
	if refreshToken := refreshTokenOf(req); refreshToken != "" {
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
	if err := json.UnmarshalRead(body, &params); err != nil {
		return ""
	}
	return string(params.RefreshToken)
}

// text returns s with [REDACTED] in place of each secret, and of whatever looks like a JWT.
func (r redactor) text(s string) string {
	redacted := secret.String("").String()
	for _, known := range r {
		s = strings.ReplaceAll(s, known, redacted)
	}
	var b strings.Builder
	for start, end := findJWT(s); start >= 0; start, end = findJWT(s) {
		b.WriteString(s[:start] + redacted)
		s = s[end:]
	}
	return b.String() + s
}

// findJWT returns where the first JWT in compact form (RFC 7519), whole or cut short, begins and ends in s; -1 where
// there is none. Its header, a JSON object in base64url, begins with "eyJ".
func findJWT(s string) (start, end int) {
	const prefix, minLength = "eyJ", 11
	for {
		i := strings.Index(s[end:], prefix)
		if i < 0 {
			return -1, -1
		}
		start = end + i
		end = start
		for end < len(s) && (isAlphanumeric(s[end]) || strings.IndexByte("-_.", s[end]) >= 0) {
			end++
		}
		if end-start >= minLength {
			return start, end
		}
	}
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

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
		redacted := make(map[string]any, len(v))
		for name, field := range v {
			redacted[r.text(name)] = r.value(field)
		}
		return redacted
	}
	return value
}

// error returns err or, where its text holds a secret, an error with the text redacted that still matches what err
// does.
func (r redactor) error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	redacted := r.text(text)
	if redacted == text {
		return err
	}
	return &redactedError{
		text: oneLine(redacted, maxErrorTextBytes),
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
