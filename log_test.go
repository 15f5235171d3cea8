package roomtokens_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// decodeLog returns the records in log without their times.
func decodeLog(t *testing.T, log *bytes.Buffer) (records []map[string]any) {
	t.Helper()
	for decoder := json.NewDecoder(log); decoder.More(); {
		var record map[string]any
		require.NoError(t, decoder.Decode(&record))
		delete(record, "time")
		records = append(records, record)
	}
	return records
}

func TestLogRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, log := withLog()
		second := withHeader("X-Request-Id", "req-2", respond(500, "", strings.Repeat("x", 1<<20+1)))
		client := newClient(t, script(retryAfter("3"), second), roomtokens.WithMaxRetries(1), logger)
		_, err := create(t, client)
		require.EqualError(t, err, "roomtokens: CreateRoomClientToken: 500 Internal Server Error: "+
			"response is larger than 1 MiB, request id req-2, 2 attempts")
		records := decodeLog(t, log)
		require.InDelta(t, 3.15e9, records[1]["wait"], 0.15e9)
		delete(records[1], "wait")
		require.Equal(t, []map[string]any{
			{
				"level": "DEBUG", "msg": "roomtokens: attempt", "operation": "CreateRoomClientToken", "attempt": 1.0,
				"status": 429.0, "request_id": "", "duration": 0.0,
			},
			{
				"level": "WARN", "msg": "roomtokens: retry", "operation": "CreateRoomClientToken", "attempt": 1.0,
				"status": 429.0, "request_id": "",
			},
			{
				"level": "DEBUG", "msg": "roomtokens: attempt", "operation": "CreateRoomClientToken", "attempt": 2.0,
				"status": 500.0, "request_id": "req-2", "failure": "too large", "phase": "reading the response", "duration": 0.0,
			},
		}, records)
	})
}

func TestLogRecordOfNoResponse(t *testing.T) {
	t.Parallel()
	logger, log := withLog()
	client := newClient(t, nil, withTransport(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	}), roomtokens.WithMaxRetries(0), logger)
	_, err := create(t, client)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	record := decodeLog(t, log)[0]
	require.Equal(t, "connection", record["failure"])
	require.NotContains(t, record, "status")
	require.NotContains(t, record, "request_id")
}
