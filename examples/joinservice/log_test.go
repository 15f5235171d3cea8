package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestARequestHasALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, io.Discard)
		h.telnyx.Inject(roomtokenstest.Fault{Status: 503, Delay: 2 * time.Second})
		response := h.do(joinRequest(h.room))
		require.Equal(t, http.StatusOK, response.Code)
		records := h.records(t)
		require.Len(t, records, 2)
		retry, request := records[0], records[1]
		require.Equal(t, "roomtokens: retry", retry["msg"])
		require.Equal(t, request["trace_id"], retry["trace_id"])
		require.Len(t, request["trace_id"], 32)
		require.NotEmpty(t, retry["request_id"])
		require.Len(t, request["telnyx_request_id"], 36)
		require.NotEqual(t, retry["request_id"], request["telnyx_request_id"])
		require.InDelta(t, 2*time.Second+time.Duration(retry["wait"].(float64)), request["duration"], 0)
		for name, want := range map[string]any{
			"level": "INFO", "route": "POST /rooms/{id}/join", "room": strings.TrimPrefix(h.room, "/rooms/"),
			"user": "alice", "address": "192.0.2.1:1234", "status": 200.0, "attempts": 2.0, "error": nil,
		} {
			require.Equal(t, want, request[name], name)
		}
	})
}

func TestALineIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, io.Discard)
		h.telnyx.Inject(roomtokenstest.Fault{
			Status: 403, Header: http.Header{"X-Request-Id": {strings.Repeat("x", 10_000)}},
		})
		h.do(joinRequest("/rooms/" + strings.Repeat("x", 10_000)))
		h.do(joinRequest(h.room))
		require.Less(t, h.logged.Len(), 1000)
	})
}

// TestACallerWhoGaveUp is a warning where Telnyx was slow: in an outage nothing else shows.
func TestACallerWhoGaveUp(t *testing.T) {
	t.Parallel()
	for patience, level := range map[time.Duration]string{time.Second: "INFO", time.Second + 1: "WARN"} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, io.Discard)
			h.telnyx.Inject(roomtokenstest.Fault{Delay: time.Minute})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(patience, cancel)
			h.do(joinRequest(h.room).WithContext(ctx))
			record := h.records(t)[0]
			require.EqualValues(t, statusCallerGone, record["status"])
			require.Equal(t, level, record["level"])
		})
	}
}

// TestACallerWhoGaveUpBeforeTelnyxWasAsked says nothing of Telnyx.
func TestACallerWhoGaveUpBeforeTelnyxWasAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, io.Discard)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		slowAccess := func(context.Context, string, uuid.UUID) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		}
		h.handler = routes(h.client, slowAccess, h.log)
		h.do(joinRequest(h.room).WithContext(ctx))
		record := h.records(t)[0]
		require.EqualValues(t, statusCallerGone, record["status"])
		require.Equal(t, "INFO", record["level"])
	})
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log, err := newLogger(&logged, "warn")
	require.NoError(t, err)
	log.Info("not written")
	require.Empty(t, logged.String())
}

func TestALoggerMadeOfAnotherKnowsTheTrace(t *testing.T) {
	t.Parallel()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	for name, with := range map[string]func(*slog.Logger) *slog.Logger{
		"attributes": func(l *slog.Logger) *slog.Logger { return l.With("a", "b") },
		"group":      func(l *slog.Logger) *slog.Logger { return l.WithGroup("a") },
	} {
		var logged bytes.Buffer
		log, err := newLogger(&logged, "")
		require.NoError(t, err)
		with(log).InfoContext(ctx, "written")
		require.Contains(t, logged.String(), span.TraceID().String(), name)
	}
}
