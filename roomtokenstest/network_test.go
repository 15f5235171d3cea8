package roomtokenstest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// useAll has a client do all that the network is for: calls, a fault that waits, a broken connection and its retry.
func useAll(t *testing.T, server *roomtokenstest.Server, client *roomtokens.Client) {
	t.Helper()
	room := uuid.New()
	created := create(t, client, room)
	_, err := refresh(t, client, room, created.RefreshToken)
	require.NoError(t, err)
	_, err = server.Verify(created.Token)
	require.NoError(t, err)
	server.Inject(roomtokenstest.Fault{Delay: time.Millisecond}, named("reset"))
	create(t, client, room)
	create(t, client, room)
	require.NoError(t, server.Unused())
}

// TestAcrossBubbles: synctest panics on a channel or a timer that two bubbles share, and on a goroutine that is left.
func TestAcrossBubbles(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(6, 20*time.Second))
	client := server.Client()
	useAll(t, server, client)
	var inner *roomtokenstest.Server
	var innerClient *roomtokens.Client
	synctest.Test(t, func(t *testing.T) {
		useAll(t, server, client)
		useAll(t, server, server.Client())
		time.Sleep(time.Hour)
		inner = roomtokenstest.NewServer()
		innerClient = inner.Client()
		useAll(t, inner, innerClient)
	})
	useAll(t, inner, innerClient)
	synctest.Test(t, func(t *testing.T) { useAll(t, inner, innerClient) })
}

// TestNoGoroutineIsLeft: synctest panics on one that never ends.
func TestNoGoroutineIsLeft(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault roomtokenstest.Fault
		end   func(*http.Response) error // nil if there is no response
	}{
		"closed unread":         {named("huge body"), func(resp *http.Response) error { return resp.Body.Close() }},
		"read and not closed":   {named("empty object"), readAll},
		"cut and not closed":    {named("truncate"), readAll},
		"without a body":        {roomtokenstest.Fault{Status: http.StatusNoContent}, readAll},
		"broken":                {named("reset"), nil},
		"the context has ended": {roomtokenstest.Fault{Delay: time.Hour}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
				server.Inject(tt.fault)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://fake.test/", http.NoBody)
				require.NoError(t, err)
				resp, err := server.HTTPClient().Do(req) //nolint:bodyclose // see above
				require.Equal(t, tt.end == nil, err != nil)
				if tt.end != nil {
					_ = tt.end(resp)
				}
			})
		})
	}
}

func readAll(resp *http.Response) error {
	_, err := io.Copy(io.Discard, resp.Body)
	return err
}
