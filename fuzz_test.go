package roomtokens_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// FuzzDecodeError gives arbitrary refusals. Whatever they hold, the error names the status, keeps to one line of 300
// bytes and repeats no secret.
func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{
		`{"errors":[{"code":"10010","title":"Authorization failed","detail":"d","source":{"pointer":"/p"},"meta":{"url":"u"}}]}`,
		`{"code":10010,"title":"Authorization failed"}`,
		`{"success":false,"message":"m"}`,
		`{"type":"about:blank","title":"t","status":502}`,
		`<html>`, ``, `null`, `[]`, `{"errors":[[[[[[`, `{"errors":{}}`, "\xff\xfe", `{"title":"` + apiKey + refreshToken + `"}`,
	} {
		f.Add(403, "application/json", "req-1", body)
	}
	f.Add(302, "text/html", "", "moved")
	f.Add(599, "", "\u2028", `{"title":"\u2028\u202e\r\n"}`)
	f.Fuzz(func(t *testing.T, status int, contentType, requestID, body string) {
		if status < 300 || status > 999 {
			t.Skip("not a refusal")
		}
		client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Request-Id"] = []string{requestID}
			w.Header()["Content-Type"] = []string{contentType}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
		_, err := client.RefreshRoomClientToken(t.Context(), roomID, api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken})
		refused, ok := errors.AsType[*roomtokens.Error](err)
		require.True(t, ok)
		require.Equal(t, status, refused.StatusCode)
		text := refused.Error()
		require.LessOrEqual(t, len(text), 300)
		require.True(t, utf8.ValidString(text))
		require.NotContains(t, text, "\n")
		require.NotContains(t, text, refreshToken)
		require.Equal(t, body[:min(len(body), 64<<10)], string(refused.Body()))
	})
}

// FuzzDecodeToken gives arbitrary 201s. A token comes out only of a body in which encoding/json finds the same one;
// what is refused is refused in words of this package, none of the body's.
func FuzzDecodeToken(f *testing.F) {
	for _, body := range []string{
		createdBody, refreshedBody, `{}`, `null`, `{"data":null}`, `{"data":{"token":5}}`, `{"data":{"token":""}}`,
		`{"data":{"token":"a","token":"b"}}`, `{"data":{"token":"t","token_expires_at":"tomorrow"}}`, createdBody + `x`,
		createdBody[:60], `{"data":{"token":"\ud800"}}`, "{\"data\":{\"token\":\"\xff\"}}", ` {"data":{"token":"t"},"more":[1,{}]} `,
	} {
		f.Add("application/json", body)
	}
	f.Add("text/html", createdBody)
	f.Add("application/json; charset=utf-8", createdBody)
	refusals := regexp.MustCompile(`^roomtokens: CreateRoomClientToken: 201 Created: invalid response: ` +
		`(content type is not JSON|body is not valid JSON|body/data/token is missing or empty|` +
		`body(/data(/(refresh_)?token(_expires_at)?)?)? is not of the type that the spec says)$`)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		if len(body) > 1<<20 {
			t.Skip("over the cap")
		}
		token, err := create(t, newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(body))
		}))
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
