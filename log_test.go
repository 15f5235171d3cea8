package roomtokens_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
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
		client := newClient(t, respond(500, "", ""), roomtokens.WithMaxRetries(1),
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

func TestLogOfAFirstSuccess(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	client := newClient(t, created,
		roomtokens.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	_, err := create(t, client)
	require.NoError(t, err)
	require.Regexp(t, `level=DEBUG msg="roomtokens: attempt" operation=CreateRoomClientToken attempt=1 status=201 `+
		`request_id="" duration=\S+\n$`, log.String())
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
}

// TestLogOfFailures: each kind has its name, and the text of none is there.
func TestLogOfFailures(t *testing.T) {
	t.Parallel()
	for kind, err := range map[string]error{
		"connection":    &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"dns":           &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsTimeout: true}},
		"timeout":       &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded},
		"tls":           &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}},
		"canceled":      context.Canceled,
		"\"too large\"": nil,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				transport := func(req *http.Request) (*http.Response, error) {
					if err != nil {
						return nil, fmt.Errorf("secret: %w", err)
					}
					return memory(respond(500, "", strings.Repeat("x", 1<<20+1))).RoundTrip(req)
				}
				client := newClient(t, nil, withTransport(transport), roomtokens.WithMaxRetries(1),
					roomtokens.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
				_, err := create(t, client)
				require.Error(t, err)
				require.Contains(t, log.String(), " failure="+kind+" ")
				require.NotContains(t, log.String(), "secret")
				require.Equal(t, kind != "tls", strings.Contains(log.String(), "roomtokens: retry"))
			})
		})
	}
}
