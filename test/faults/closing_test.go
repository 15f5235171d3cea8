package faults_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// roundTrip is an http.RoundTripper without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// closing is a body that counts how often it is closed.
type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error { *c.closed++; return nil }

// TestBodiesAreClosed serves transports that, unlike net/http's, do not give up a connection when the request's context
// ends.
func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   io.Reader
	}{
		"token":     {201, strings.NewReader(goodBody)},
		"refusal":   {403, strings.NewReader("no")},
		"cut":       {201, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(goodBody)))},
		"too large": {201, io.LimitReader(zeros{}, hugeBytes)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := 0
			client, err := roomtokens.New(apiKey, roomtokens.WithMaxRetries(0),
				roomtokens.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: row.status, Body: closing{row.body, &closed}, ContentLength: -1,
						Header: http.Header{"Content-Type": {"application/json"}},
					}, nil
				})}))
			require.NoError(t, err)
			_, err = operations()[0].call(t.Context(), client)
			require.Equal(t, name != "token", err != nil)
			require.Equal(t, 1, closed)
		})
	}
}

const hugeBytes = 200 << 20

// zeros is an endless io.Reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
