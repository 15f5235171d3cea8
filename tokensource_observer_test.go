package roomtokens_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestTokenSourceObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []roomtokens.FetchEvent
		var source *roomtokens.TokenSource
		server := newWorld()
		server.replace(api.OperationRefreshRoomClientToken, respond(500, "", ""))
		source = server.source(t, 100, roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) {
			events = append(events, e)
			_, err := source.Token(t.Context())
			require.NoError(t, err, "the token is there before its observer hears of it")
		}))
		requireToken(t, source)
		time.Sleep(92 * time.Second)
		requireToken(t, source) // a refresh fails in the background
		time.Sleep(8 * time.Second)
		requireToken(t, source)

		require.Len(t, events, 4)
		for i, want := range []struct {
			operation   api.Operation
			failed      bool
			least, most time.Duration
		}{
			{api.OperationCreateRoomClientToken, false, 33 * time.Second, 90 * time.Second},
			{api.OperationRefreshRoomClientToken, true, 500 * time.Millisecond, time.Second},
			{api.OperationRefreshRoomClientToken, true, 0, 0},
			{api.OperationCreateRoomClientToken, false, 33 * time.Second, 90 * time.Second},
		} {
			require.Equal(t, want.operation, events[i].Operation)
			require.Equal(t, want.failed, errors.Is(events[i].Err, roomtokens.ErrServer))
			require.Equal(t, want.failed, events[i].Err != nil)
			require.GreaterOrEqual(t, events[i].Wait, want.least)
			require.LessOrEqual(t, events[i].Wait, want.most)
		}
	})
}

// TestTokenSourceObserverMustNotPanic: that ends the process, as it does this test's, run again as a child.
func TestTokenSourceObserverMustNotPanic(t *testing.T) {
	t.Parallel()
	const child = "ROOMTOKENS_TEST_OBSERVER_PANICS"
	if os.Getenv(child) != "" {
		source := newWorld().source(t, 60,
			roomtokens.WithFetchObserver(func(roomtokens.FetchEvent) { panic("observer is broken") }))
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		select {}
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	command.Env = append(os.Environ(), child+"=1")
	output, err := command.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "panic: observer is broken")
}
