package roomtokens_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
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
			respond(201, "application/json, text/html", createdBody), respond(201, "json", createdBody),
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
		"suffix +json":             respond(201, "application/vnd.api+json", token),
		"space before the charset": respond(201, "application/json ;charset=utf-8", token),
		"content type in capitals": respond(201, "Application/JSON", token),
		"joined by a proxy":        respond(201, "application/json,application/json;charset=UTF-8", token),
		"with commas in quotes":    respond(201, `application/json; profile="https://a.test/x,https://a.test/y"`, token),
		"with a type in quotes":    respond(201, `application/json; note="a, text/plain"`, token),
		"the last one is invalid":  respond(201, "text/html, application/json, ;", token),
		"two headers": func(w http.ResponseWriter, req *http.Request) {
			w.Header().Add("Content-Type", "text/html")
			w.Header().Add("Content-Type", contentType)
			respond(201, "", token)(w, req)
		},
		"at the limit": respond(201, contentType, token+strings.Repeat(" ", 1<<20-len(token))),
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

// TestResponseCutShort leaves those of a 201 to test/faults. What came is not shown: it may end in the middle of a
// secret, which is not recognised then.
func TestResponseCutShort(t *testing.T) {
	t.Parallel()
	part := "bad key " + apiKey[:12]
	client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(part), failing{io.ErrUnexpectedEOF})
		return &http.Response{StatusCode: http.StatusForbidden, Body: io.NopCloser(body)}, nil
	}))
	_, err := create(t, client)
	require.EqualError(t, err, "roomtokens: CreateRoomClientToken: 403 Forbidden: unexpected EOF")
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, part, string(asError(t, err).Body()))

	resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	for _, want := range []string{part, ""} {
		body, err := io.ReadAll(resp.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, want, string(body))
	}
}

// TestCompressedResponse: the limit counts what comes out of the decompressor.
func TestCompressedResponse(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(roomtokenstest.Faults()["gzip bomb"])
	_, err := create(t, server.Client())
	require.ErrorContains(t, err, "larger than 1 MiB")
}
