package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// notices is a slog.Handler for the client's log: it reports retries, and with --verbose attempts, in plain lines.
type notices struct{ *program }

// Enabled implements slog.Handler.
func (n notices) Enabled(_ context.Context, level slog.Level) bool {
	switch {
	case n.quiet:
		return false
	case n.verbose:
		return true
	}
	return level >= slog.LevelWarn
}

// Handle implements slog.Handler.
func (n notices) Handle(_ context.Context, record slog.Record) error {
	attrs := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value
		return true
	})
	what := fmt.Sprintf("roomtokens: %v: ", attrs["operation"])
	if wait, ok := attrs["wait"]; ok {
		n.note("%s%s; next attempt in %v", what, outcome(attrs), wait.Duration().Round(time.Millisecond))
		return nil
	}
	took := attrs["duration"].Duration().Round(time.Millisecond)
	n.note("%sattempt %v: %s after %v%s", what, attrs["attempt"], outcome(attrs), took, requestID(attrs))
	return nil
}

// WithAttrs implements slog.Handler. The client sets none.
func (n notices) WithAttrs([]slog.Attr) slog.Handler { return n }

// WithGroup implements slog.Handler. The client opens none.
func (n notices) WithGroup(string) slog.Handler { return n }

// outcome returns the status or why there is none.
func outcome(attrs map[string]slog.Value) string {
	if status, ok := attrs["status"]; ok {
		return fmt.Sprintf("%v %s", status, http.StatusText(int(status.Int64())))
	}
	if failure, ok := attrs["failure"]; ok {
		return fmt.Sprintf("no response (%v)", failure)
	}
	return "no response"
}

func requestID(attrs map[string]slog.Value) string {
	if id, ok := attrs["request_id"]; ok && id.String() != "" {
		return ", request id " + id.String()
	}
	return ""
}
