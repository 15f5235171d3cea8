package roomtokens

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// bearer precedes the key in an Authorization header (RFC 6750).
const bearer = "Bearer "

const (
	redacted = "[REDACTED]"
	// minSecretBytes is the length of the shortest secret that is looked for. A shorter one is part of many words, and
	// [REDACTED] in the middle of a word tells what it stands for.
	minSecretBytes = 4
)

// redactCredentials returns s with [REDACTED] in place of what follows "Bearer", and of what looks like a JWT in
// compact form (RFC 7519), whose header begins with {" in base64url.
func redactCredentials(s string) string {
	return redactTokens(redactTokens(s, bearer, ""), "", "eyJ")
}

// redactTokens takes out each token that begins after one text and with another: enough characters of token68 (RFC
// 9110, section 11.2).
func redactTokens(s, after, prefix string) string {
	const minBytes = 11
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, after+prefix)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(after)
		s = strings.TrimLeft(rest, token68)
		if token := prefix + rest[:len(rest)-len(s)]; len(token) < minBytes {
			out.WriteString(token)
		} else {
			out.WriteString(redacted)
		}
	}
}

const token68 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

// redactor takes the secrets of a call out of text that came from a server, which may echo what it was sent.
type redactor struct{ secrets *strings.Replacer }

// newRedactor returns a redactor of the secrets that the attempts of a call have sent: the refresh token in the body,
// and the keys.
func newRedactor(result *exchange.Result) redactor {
	secrets := []string{refreshTokenOf(result.Request), strings.TrimPrefix(result.Authorization, bearer)}
	for _, authorization := range result.Earlier {
		secrets = append(secrets, strings.TrimPrefix(authorization, bearer))
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // of two that fit, Replacer takes the first
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= minSecretBytes {
			pairs = append(pairs, secret, redacted)
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
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

// text returns s with [REDACTED] in place of each secret of the call, and of whatever looks like one.
func (r redactor) text(s string) string { return redactCredentials(r.secrets.Replace(s)) }

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

// maxErrorTextBytes bounds the line that Error.Error returns.
const maxErrorTextBytes = 300

// oneLine puts s on one line of printable text and cuts it to at most size bytes, at a character's end.
func oneLine(s string, size int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || !strconv.IsPrint(r) }), " ")
	if len(s) <= size {
		return s
	}
	const ellipsis = "…"
	cut := max(size-len(ellipsis), 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
