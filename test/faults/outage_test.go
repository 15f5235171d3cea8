package faults_test

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// outageCalls is how many calls meet an outage. Their waits are random.
const outageCalls = 1000

// outages are ways in which a server that restarts responds, if it does.
func outages() map[string]roundTrip {
	return map[string]roundTrip{
		"503": func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: req}, nil
		},
		"reset":   func(*http.Request) (*http.Response, error) { return nil, opError("read", syscall.ECONNRESET) },
		"refused": func(*http.Request) (*http.Response, error) { return nil, opError("connect", syscall.ECONNREFUSED) },
	}
}

// TestOutages has the server fail from the start of each call on: with the default options, a restart of a second
// fails none, and one of two seconds few.
func TestOutages(t *testing.T) {
	t.Parallel()
	for name, down := range outages() {
		for length, mayFail := range map[time.Duration]int{time.Second: 0, 2 * time.Second: outageCalls / 20} {
			t.Run(name+" for "+length.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					client, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{
						Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
							if time.Since(began) < length {
								return down(req)
							}
							return minted(req), nil
						}),
					}))
					require.NoError(t, err)
					failed := make(chan error, outageCalls)
					for range outageCalls {
						go func() {
							_, err := client.CreateRoomClientToken(t.Context(), roomID, api.CreateRoomClientTokenRequest{})
							failed <- err
						}()
					}
					failures := 0
					for range outageCalls {
						if err := <-failed; err != nil {
							failures++
						}
					}
					assert.LessOrEqual(t, failures, mayFail)
				})
			})
		}
	}
}

// minted is the least that is a token.
func minted(req *http.Request) *http.Response {
	return &http.Response{
		StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(`{"data":{"token":"t"}}`)),
	}
}
