package roomtokens_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
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
			require.Equal(t, i == 2 || i == 3, events[i].ValidUntil.After(events[1].ValidUntil))
		}
	})
}

// TestTokenSourceObserverThatBlocks is in the way of no fetch and no caller, even in virtual time. Its events come one
// at a time, in their order, 64 of them at the most.
func TestTokenSourceObserverThatBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []roomtokens.FetchEvent
		running, blocked := 0, make(chan struct{})
		server := newWorld()
		source := server.source(t, 60, roomtokens.WithFetchObserver(func(e roomtokens.FetchEvent) {
			running++
			require.Equal(t, 1, running)
			<-blocked
			events = append(events, e)
			running--
		}))
		for range 100 {
			began := time.Now()
			token := requireToken(t, source)
			require.Zero(t, time.Since(began))
			time.Sleep(time.Until(token.TokenExpiresAt) + time.Minute)
		}
		close(blocked)
		synctest.Wait()
		require.Len(t, events, 1+64)
		require.True(t, slices.IsSortedFunc(events, func(a, b roomtokens.FetchEvent) int {
			return a.ValidUntil.Compare(b.ValidUntil)
		}))
	})
}

// TestTokenSourceLog has a record for each failed fetch, and one for the first that succeeds after that.
func TestTokenSourceLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))) // of the default level
		server := newWorld()
		server.replace(api.OperationRefreshRoomClientToken, respond(500, "text/plain", "secret"))
		client := newClient(t, server.ServeHTTP, logger, roomtokens.WithMaxRetries(2))
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{TokenTTLSecs: 100})
		require.NoError(t, err)
		requireToken(t, source)
		time.Sleep(92 * time.Second)
		requireToken(t, source) // a refresh fails in the background, with its retries
		time.Sleep(5 * time.Second)
		requireToken(t, source) // in the end of the token's life, one is created
		records := decodeLog(t, &out)
		require.Len(t, records, 2, "%v", records)
		require.InDelta(t, 0.75e9, records[0]["wait"], 0.25e9)
		require.InDelta(t, 5e9, records[0]["valid"], 3e9)
		require.InDelta(t, 66e9, records[1]["wait"], 34e9)
		require.InDelta(t, 99e9, records[1]["valid"], 1e9)
		for _, record := range records {
			delete(record, "wait")
			delete(record, "valid")
		}
		require.Equal(t, []map[string]any{
			{"level": "WARN", "msg": "roomtokens: fetch failed", "operation": "RefreshRoomClientToken", "status": 500.0},
			{"level": "INFO", "msg": "roomtokens: fetch succeeded", "operation": "CreateRoomClientToken"},
		}, records)
	})
}

// TestTokenSourceLogOfFailures has the name of each kind, and the text of none.
func TestTokenSourceLogOfFailures(t *testing.T) {
	t.Parallel()
	secretErr := errors.New("secret")
	inBubbles(t, map[string][]roomtokens.Option{
		"connection": {withTransport(func(*http.Request) (*http.Response, error) { return nil, secretErr })},
		"timeout":    {withTransport(stalled)},
		"not sent":   {roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return "", secretErr })},
		"panic":      {withEditor(func(*http.Request) { panic("secret") })},
	}, func(t *testing.T, failure string, opts []roomtokens.Option) {
		var out bytes.Buffer
		logger := roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&out, nil)))
		_, err := newSource(t, newClient(t, unreached(t), append(opts, logger)...)).Token(t.Context())
		require.Error(t, err)
		synctest.Wait()
		require.NotContains(t, out.String(), "secret")
		records := decodeLog(t, &out)
		require.Len(t, records, 1)
		require.Equal(t, failure, records[0]["failure"])
		require.Zero(t, records[0]["valid"])
	})
}
