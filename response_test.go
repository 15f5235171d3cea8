package roomtokens_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestResponsesThatBreakTheSpec(t *testing.T) {
	t.Parallel()
	const contentType = "application/json"
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"empty object":       {respond(201, contentType, `{}`), "body/data/token is missing or empty"},
		"null":               {respond(201, contentType, `null`), "body/data/token is missing or empty"},
		"no data":            {respond(201, contentType, `{"token":"t"}`), "body/data/token is missing or empty"},
		"null data":          {respond(201, contentType, `{"data":null}`), "body/data/token is missing or empty"},
		"empty token":        {respond(201, contentType, `{"data":{"token":""}}`), "body/data/token is missing or empty"},
		"other case":         {respond(201, contentType, `{"data":{"Token":"t"}}`), "body/data/token is missing or empty"},
		"number for a token": {respond(201, contentType, `{"data":{"token":5}}`), "body/data/token is not of the type"},
		"bad timestamp":      {respond(201, contentType, `{"data":{"token":"t","token_expires_at":"tomorrow"}}`), "body/data/token_expires_at is not of the type"},
		"number for a time":  {respond(201, contentType, `{"data":{"token":"t","token_expires_at":1767225600}}`), "body/data/token_expires_at is not of the type"},
		"list":               {respond(201, contentType, `[]`), "body is not of the type"},
		"trailing garbage":   {respond(201, contentType, createdBody+`x`), "body is not valid JSON"},
		"two documents":      {respond(201, contentType, createdBody+createdBody), "body is not valid JSON"},
		"duplicate names":    {respond(201, contentType, `{"data":{"token":"a","token":"b"}}`), "body is not valid JSON"},
		"invalid UTF-8":      {respond(201, contentType, "{\"data\":{\"token\":\"\xff\"}}"), "body is not valid JSON"},
		"truncated JSON":     {respond(201, contentType, createdBody[:50]), "body is not valid JSON"},
		"empty":              {respond(201, contentType, ``), "body is not valid JSON"},
		"status 200":         {respond(200, contentType, createdBody), "status is not 201"},
		"status 204":         {respond(204, contentType, ``), "status is not 201"},
		"HTML":               {respond(201, "text/html", createdBody), "content type is not JSON"},
		"suffix of another":  {respond(201, "application/jsonx", createdBody), "content type is not JSON"},
		"no content type":    {respond(201, "application/octet-stream", createdBody), "content type is not JSON"},
		"over the cap":       {respond(201, contentType, createdBody+strings.Repeat(" ", 1<<20)), "body is cut short: response is larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := create(t, newClient(t, row.handler))
			require.Nil(t, token)
			require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), clientToken)

			_, err = refresh(t, newClient(t, row.handler))
			require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
		})
	}
}

func TestResponsesThatTheSpecAllows(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"token alone":               respond(201, "application/json", `{"data":{"token":"t"}}`),
		"fields of a later version": respond(201, "application/json", `{"data":{"token":"t","room":{"id":1}},"meta":{}}`),
		"suffix +json":              respond(201, "application/vnd.api+json", `{"data":{"token":"t"}}`),
		"charset":                   respond(201, "application/json; charset=utf-8", `{"data":{"token":"t"}}`),
		"content type in capitals":  respond(201, "Application/JSON", `{"data":{"token":"t"}}`),
		"white space":               respond(201, "application/json", "\n {\"data\" : {\"token\" : \"t\"} }\r\n"),
		"null for what is optional": respond(201, "application/json", `{"data":{"token":"t","token_expires_at":null}}`),
		"time zone and fraction":    respond(201, "application/json", `{"data":{"token":"t","token_expires_at":"2026-01-01T05:10:00.25+05:00"}}`),
		"at the cap":                respond(201, "application/json", `{"data":{"token":"t"}}`+strings.Repeat(" ", 1<<20-22)),
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

// cut is a body that ends with err after some of a response.
func cut(status int, err error) http.RoundTripper {
	return roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1,
			Body: io.NopCloser(io.MultiReader(strings.NewReader(createdBody[:40]), failing{err})),
		}, nil
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestResponsesCutShort(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		cause  error
		is     []error
		isNot  []error
	}{
		"201, connection lost": {201, io.ErrUnexpectedEOF, []error{roomtokens.ErrInvalidResponse, io.ErrUnexpectedEOF}, nil},
		"201, cancelled":       {201, context.Canceled, []error{context.Canceled}, []error{roomtokens.ErrInvalidResponse}},
		"403, connection lost": {403, io.ErrUnexpectedEOF, []error{roomtokens.ErrForbidden, io.ErrUnexpectedEOF}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Transport: cut(row.status, row.cause)}))
			_, err := create(t, client)
			for _, target := range row.is {
				require.ErrorIs(t, err, target)
			}
			for _, target := range row.isNot {
				require.NotErrorIs(t, err, target)
			}
			refused, ok := errors.AsType[*roomtokens.Error](err)
			require.True(t, ok)
			require.Equal(t, createdBody[:40], string(refused.Body()))

			resp, err := client.API().CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
			require.NoError(t, err)
			got, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, row.cause)
			require.Equal(t, createdBody[:40], string(got))
			_, err = io.Copy(io.Discard, resp.Body)
			require.ErrorIs(t, err, row.cause)
		})
	}
}

func TestResponsesAreCappedAfterDecompression(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusCreated)
		zip := gzip.NewWriter(w)
		for range 1 << 10 {
			if _, err := zip.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL), roomtokens.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = create(t, client)
	require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
	require.ErrorContains(t, err, "larger than 1 MiB")
}

func TestCompressedResponse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", req.Header.Get("Accept-Encoding"))
		w.WriteHeader(http.StatusCreated)
		zip := gzip.NewWriter(w)
		_, _ = io.WriteString(zip, createdBody)
		_ = zip.Close()
	}))
	t.Cleanup(server.Close)
	client, err := roomtokens.New(apiKey, roomtokens.WithBaseURL(server.URL))
	require.NoError(t, err)
	token, err := create(t, client)
	require.NoError(t, err)
	require.EqualValues(t, clientToken, token.Token)
}

func TestAnnouncedLengthIsNotTrusted(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{-1, 0, 1, 1 << 40} {
		t.Run(strconv.FormatInt(length, 10), func(t *testing.T) {
			t.Parallel()
			client := newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{
				Transport: roundTrip(func(*http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: 201, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: length,
						Body: io.NopCloser(strings.NewReader(createdBody)),
					}, nil
				}),
			}))
			token, err := create(t, client)
			require.NoError(t, err)
			require.EqualValues(t, clientToken, token.Token)
		})
	}
}

func TestTransportsThatMisbehave(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]roundTrip{
		"no response": func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body":     func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 201}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := create(t, newClient(t, nil, roomtokens.WithHTTPClient(&http.Client{Transport: transport})))
			require.Error(t, err)
		})
	}
}
