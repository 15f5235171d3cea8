package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// newLogger writes JSON to w, from the named level on: debug, info, warn or error; "" is info.
func newLogger(w io.Writer, name string) (*slog.Logger, error) {
	var level slog.Level
	if name != "" {
		if err := level.UnmarshalText([]byte(name)); err != nil {
			return nil, fmt.Errorf("LOG_LEVEL: %w", err)
		}
	}
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})}), nil
}

// traced adds the id of the trace to each record that belongs to one: those of this service, and of the client's
// retries.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

// logRequest logs what it names: no header but the user's name, and no body. All of it is bounded. The client's errors
// hold no secret.
func logRequest(log *slog.Logger, r *http.Request, u *upstream, took time.Duration, status int, err error) {
	log.Log(r.Context(), levelOf(status, u), "request",
		"route", r.Pattern, "room", knownRoom(r), "user", signedInUser(r), "address", r.RemoteAddr,
		"status", status, "duration", took, "attempts", u.attempts, "telnyx_request_id", u.requestID, "error", err)
}

// levelOf is a warning where the caller gave up waiting for Telnyx: in an outage that is all there is to see.
func levelOf(status int, u *upstream) slog.Level {
	switch {
	case status == statusCallerGone && u.attempts > 0 && time.Since(u.since) > time.Second:
		return slog.LevelWarn
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// knownRoom returns the room in the path, and "" where that is none: whatever stands there comes from anyone.
func knownRoom(r *http.Request) string {
	roomID, err := roomIDOf(r)
	if err != nil {
		return ""
	}
	return roomID.String()
}
