package roomtokens_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// FuzzDecodeError gives arbitrary refusals. Whatever they hold, the error names the status, keeps to one line of 300
// bytes and repeats no secret.
func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{
		`{"errors":[{"code":"1","title":"t","detail":"d","source":{"pointer":"/p"},"meta":{"url":"u"}}]}`,
		`{"code":10010,"message":"m"}`, `{"errors":[[[[[[`, "\xff\xfe", `{"title":"` + apiKey + refreshToken + `"}`,
	} {
		f.Add(403, "application/json", "req-1", body)
	}
	f.Add(302, "text/html", "", "moved")
	f.Add(599, "", "\u2028", `{"title":"\u2028\u202e\r\n"}`)
	f.Fuzz(func(t *testing.T, status int, contentType, requestID, body string) {
		if status < 300 || status > 999 {
			t.Skip("not a refusal")
		}
		handler := withHeader("X-Request-Id", requestID, respond(status, contentType, body))
		_, err := refresh(t, newClient(t, handler))
		refused := asError(t, err)
		require.Equal(t, status, refused.StatusCode)
		text := refused.Error()
		require.LessOrEqual(t, len(text), 300)
		require.True(t, utf8.ValidString(text))
		require.NotContains(t, text, "\n")
		require.NotContains(t, text, refreshToken)
		require.Equal(t, body[:min(len(body), 8<<10)], string(refused.Body()))
	})
}

// FuzzDecodeToken gives arbitrary 201s. A token comes out only of a body in which encoding/json finds the same one;
// what is refused is refused in words of this package, none of the body's.
func FuzzDecodeToken(f *testing.F) {
	for _, bodies := range invalidBodies() {
		for _, body := range bodies {
			f.Add("application/json", body)
		}
	}
	f.Add("application/json", `{"data":{"token":"t","token_expires_at":"2026-01-01T00:10:00Z"}}`)
	f.Add("AppliCAtion/json", `{"data":{"":"a","token":"t","refresh_token_eXpires_At":"000"}}`)
	f.Add("text/html", createdBody)
	f.Add("application/json; charset=\u01ba", createdBody)
	refusals := regexp.MustCompile(`^roomtokens: CreateRoomClientToken: 201 Created: invalid response: ` +
		`(content type is not JSON|body is not valid JSON|body/data/token is missing or empty|` +
		`body(/data(/(refresh_)?token(_expires_at)?)?)? is not of the type that the spec says)$`)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		if len(body) > 1<<20 {
			t.Skip("over the cap")
		}
		token, err := create(t, newClient(t, withHeader("Content-Type", contentType, respond(201, "", body))))
		if err != nil {
			require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
			require.Regexp(t, refusals, err.Error())
			return
		}
		require.Contains(t, strings.ToLower(contentType), "json")
		// Into a map, since into a struct encoding/json takes names in any case.
		var document map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &document))
		want, ok := document["data"].(map[string]any)
		require.True(t, ok)
		require.NotEmpty(t, token.Token)
		require.Equal(t, want["token"], string(token.Token))
		if want["refresh_token"] != nil {
			require.Equal(t, want["refresh_token"], string(token.RefreshToken))
		}
		requireSameTime(t, want["token_expires_at"], token.TokenExpiresAt)
		requireSameTime(t, want["refresh_token_expires_at"], token.RefreshTokenExpiresAt)
	})
}

// requireSameTime compares with what stands in a document: an RFC 3339 text, or nothing.
func requireSameTime(t *testing.T, want any, got time.Time) {
	t.Helper()
	if want == nil {
		require.True(t, got.IsZero())
		return
	}
	parsed, err := time.Parse(time.RFC3339, want.(string))
	require.NoError(t, err)
	require.True(t, parsed.Equal(got))
}
