package roomtokens_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestLogRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client := newClient(t, script(retryAfter("3"), func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("X-Request-Id", "req-2")
			created(w, req)
		}),
			roomtokens.WithMaxRetries(2),
			roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_, err := create(t, client)
		require.NoError(t, err)

		var records []map[string]any
		for decoder := json.NewDecoder(&log); decoder.More(); {
			var record map[string]any
			require.NoError(t, decoder.Decode(&record))
			delete(record, "time")
			records = append(records, record)
		}
		const operation = "CreateRoomClientToken"
		require.Equal(t, []map[string]any{
			{"level": "DEBUG", "msg": "roomtokens: attempt", "operation": operation, "attempt": 1.0, "status": 429.0, "request_id": "", "duration": 0.0},
			{"level": "WARN", "msg": "roomtokens: retry", "operation": operation, "attempt": 1.0, "status": 429.0, "request_id": "", "wait": 3e9},
			{"level": "DEBUG", "msg": "roomtokens: attempt", "operation": operation, "attempt": 2.0, "status": 201.0, "request_id": "req-2", "duration": 0.0},
		}, records)
	})
}

func TestLogOfACallThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client := newClient(t, answer(500, "", ""), roomtokens.WithMaxRetries(1),
			roomtokens.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrServer)
		require.Equal(t, 2, strings.Count(log.String(), "roomtokens: attempt"))
		require.Equal(t, 1, strings.Count(log.String(), "roomtokens: retry"))
	})
}

func TestLoggerBelowItsLevelIsNotCalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client := newClient(t, script(retryAfter("3"), created), roomtokens.WithMaxRetries(2),
			roomtokens.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))))
		_, err := create(t, client)
		require.NoError(t, err)
		require.Empty(t, log.String())
	})
}
