package roomtokens_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// invalidBodies are the bodies of a 201 that break the spec, by what an error says of them.
func invalidBodies() map[string][]string {
	return map[string][]string{
		"body/data/token is missing or empty": {
			`{}`, `null`, `{"token":"t"}`, `{"data":null}`, `{"data":{"token":""}}`, `{"data":{"Token":"t"}}`,
		},
		"body/data/token is not of the type that the spec says": {`{"data":{"token":5}}`},
		"body/data/token_expires_at is not of the type that the spec says": {
			`{"data":{"token":"t","token_expires_at":"tomorrow"}}`, `{"data":{"token":"t","token_expires_at":1767225600}}`,
		},
		"body is not of the type that the spec says": {`[]`},
		"body is not valid JSON": {
			createdBody + `x`, createdBody + createdBody, createdBody[:50], ``, `{"data":{"token":"\ud800"}}`,
			`{"data":{"token":"a","token":"b"}}`, "{\"data\":{\"token\":\"\xff\"}}",
		},
	}
}

func TestResponsesThatBreakTheSpec(t *testing.T) {
	t.Parallel()
	const contentType = "application/json"
	handlers := map[string][]http.HandlerFunc{
		"status is not 201": {
			respond(200, contentType, createdBody), respond(204, contentType, ""), respond(299, contentType, ""),
		},
		"content type is not JSON": {
			respond(201, "text/html", createdBody), respond(201, "application/jsonx", createdBody),
			withHeader("Content-Type", "", respond(201, "", createdBody)),
		},
		"body is cut short: response is larger than 1 MiB": {
			respond(201, contentType, createdBody+strings.Repeat(" ", 1<<20-len(createdBody)+1)),
		},
	}
	for says, bodies := range invalidBodies() {
		for _, body := range bodies {
			handlers[says] = append(handlers[says], respond(201, contentType, body))
		}
	}
	for says, handlers := range handlers {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			for _, handler := range handlers {
				token, err := create(t, newClient(t, handler))
				require.Nil(t, token)
				require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
				require.ErrorContains(t, err, "invalid response: "+says)
				require.NotContains(t, err.Error(), clientToken)

				refreshed, err := refresh(t, newClient(t, handler))
				require.Nil(t, refreshed)
				require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
			}
		})
	}
}

func TestResponsesThatTheSpecAllows(t *testing.T) {
	t.Parallel()
	const contentType, token = "application/json", `{"data":{"token":"t"}}`
	for name, handler := range map[string]http.HandlerFunc{
		"token alone":              respond(201, contentType, token),
		"suffix +json":             respond(201, "application/vnd.api+json", token),
		"charset":                  respond(201, "application/json; charset=utf-8", token),
		"space before the charset": respond(201, "application/json ;charset=utf-8", token),
		"content type in capitals": respond(201, "Application/JSON", token),
		"white space":              respond(201, contentType, "\n {\"data\" : {\"token\" : \"t\"} }\r\n"),
		"at the limit":             respond(201, contentType, token+strings.Repeat(" ", 1<<20-len(token))),
		"fields of a later version": respond(201, contentType,
			`{"data":{"token":"t","room":{"id":1}},"meta":{}}`),
		"null for what is optional": respond(201, contentType, `{"data":{"token":"t","token_expires_at":null}}`),
		"time zone and fraction": respond(201, contentType,
			`{"data":{"token":"t","token_expires_at":"2026-01-01T05:10:00.25+05:00"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := create(t, newClient(t, handler))
			require.NoError(t, err)
			require.EqualValues(t, "t", token.Token)
			refreshed, err := refresh(t, newClient(t, handler))
			require.NoError(t, err)
			require.EqualValues(t, "t", refreshed.Token)
		})
	}
}

func TestResponsesCutShort(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status  int
		cause   error
		matches error // besides the cause; nil where no sentinel does
	}{
		"201, connection lost": {201, io.ErrUnexpectedEOF, roomtokens.ErrInvalidResponse},
		"201, canceled":        {201, context.Canceled, nil},
		"403, connection lost": {403, io.ErrUnexpectedEOF, roomtokens.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: row.status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1,
					Body: io.NopCloser(io.MultiReader(strings.NewReader(createdBody[:40]), failing{row.cause})),
				}, nil
			}))
			_, err := create(t, client)
			require.ErrorIs(t, err, row.cause)
			if row.matches != nil {
				require.ErrorIs(t, err, row.matches)
			} else {
				require.NotErrorIs(t, err, roomtokens.ErrInvalidResponse)
			}
			require.Equal(t, createdBody[:40], string(asError(t, err).Body()))

			resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, row.cause)
			require.Equal(t, createdBody[:40], string(body))
			_, err = io.Copy(io.Discard, resp.Body)
			require.ErrorIs(t, err, row.cause)
		})
	}
}

// TestCompressedResponses: the limit counts what comes out of the decompressor.
func TestCompressedResponses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		size int // of the padding
		is   error
	}{
		"small": {0, nil}, "32 MiB": {32 << 20, roomtokens.ErrInvalidResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Encoding", req.Header.Get("Accept-Encoding"))
				w.WriteHeader(http.StatusCreated)
				zip := gzip.NewWriter(w)
				_, _ = io.WriteString(zip, createdBody+strings.Repeat(" ", row.size))
				_ = zip.Close()
			}))
			t.Cleanup(server.Close)
			client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
			require.NoError(t, err)
			_, err = create(t, client)
			require.ErrorIs(t, err, row.is)
		})
	}
}

// TestLargeBodyIsNotReadWhole: no more than about the limit is, whoever it comes from.
func TestLargeBodyIsNotReadWhole(t *testing.T) {
	t.Parallel()
	body := strings.NewReader(strings.Repeat(" ", 8<<20))
	_, err := create(t, newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusForbidden, Body: io.NopCloser(body)}, nil
	})))
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	require.ErrorContains(t, err, "response is larger than 1 MiB")
	require.GreaterOrEqual(t, body.Len(), 5<<20, "bytes left")
}

func TestTransportsThatMisbehave(t *testing.T) {
	t.Parallel()
	for says, resp := range map[string]*http.Response{
		"transport returned neither a response nor an error": nil,
		"201 Created: invalid response":                      {StatusCode: http.StatusCreated},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			transport := func(*http.Request) (*http.Response, error) { return resp, nil }
			_, err := create(t, newClient(t, nil, withTransport(transport)))
			require.ErrorContains(t, err, says)
		})
	}
}
