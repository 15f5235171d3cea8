package roomtokens_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
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
		second := withHeader("X-Request-Id", "req-2", withHeader("Retry-After", "4", respond(500, "", "")))
		client := newClient(t, script(retryAfter("3"), second), roomtokens.WithMaxRetries(1), logger)
		_, err := create(t, client)
		require.ErrorIs(t, err, roomtokens.ErrServer)
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
				"status": 500.0, "request_id": "req-2", "duration": 0.0,
			},
		}, records)
	})
}

// TestLogOfFailures has the name of each kind, and the text of none.
func TestLogOfFailures(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	timedOut := &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	noHost := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsTimeout: true}}
	badName := x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}
	for name, row := range map[string]struct {
		err     error // nil for a response that is too large
		failure string
		retried bool
	}{
		"connection refused": {refused, "connection", true},
		"host not found":     {noHost, "dns", true},
		"socket timed out":   {timedOut, "timeout", true},
		"certificate":        {&tls.CertificateVerificationError{Err: badName}, "tls", false},
		"canceled":           {context.Canceled, "canceled", true},
		"too large":          {nil, "too large", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				logger, log := withLog()
				client := newClient(t, nil, roomtokens.WithMaxRetries(1), logger,
					withTransport(func(req *http.Request) (*http.Response, error) {
						if row.err != nil {
							return nil, fmt.Errorf("secret: %w", row.err)
						}
						return memory(respond(500, "", strings.Repeat("x", 1<<20+1))).RoundTrip(req)
					}))
				_, err := create(t, client)
				require.Error(t, err)
				require.NotContains(t, log.String(), "secret")
				require.Equal(t, row.retried, strings.Contains(log.String(), "roomtokens: retry"))
				for _, record := range decodeLog(t, log) {
					require.Equal(t, row.failure, record["failure"])
					require.Equal(t, row.err == nil, record["status"] != nil)
				}
			})
		})
	}
}
