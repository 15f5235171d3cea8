package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// requestLog writes a line per request to log: what was asked for and what came of it, no query, no header and no body.
func requestLog(log *slog.Logger) func(roomtokenstest.Request) {
	return func(r roomtokenstest.Request) {
		attrs := []slog.Attr{slog.String("method", r.Method)}
		if r.Operation == "" {
			attrs = append(attrs, slog.String("path", shortPath(r.URI)))
		} else {
			attrs = append(attrs, slog.String("operation", string(r.Operation)))
		}
		if r.RoomID != uuid.Nil {
			attrs = append(attrs, slog.String("room", r.RoomID.String()))
		}
		if r.Fault != "" {
			attrs = append(attrs, slog.String("fault", r.Fault))
		}
		outcome := "broken off"
		if r.Status != 0 {
			outcome, attrs = "answered", append(attrs, slog.Int("status", r.Status))
		}
		log.LogAttrs(context.Background(), slog.LevelInfo, outcome, attrs...)
	}
}

// shortPath is a URI's path, without the segments that are longer than a UUID: by mistake, they could be tokens.
func shortPath(uri string) string {
	const longest = 36
	path, _, _ := strings.Cut(uri, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if len(segment) > longest {
			segments[i] = "…"
		}
	}
	return strings.Join(segments, "/")
}
