package main

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// requestLog logs a line for each request: no query, no header and no body.
func requestLog(log *slog.Logger) func(roomtokenstest.Request) {
	return func(r roomtokenstest.Request) {
		attrs := []any{"method", r.Method, "path", publicPath(r.URI)}
		if r.Fault != "" {
			attrs = append(attrs, "fault", r.Fault)
		}
		if r.Status == 0 {
			log.Info("connection reset", attrs...)
			return
		}
		log.Info("request", append(attrs, "status", r.Status)...)
	}
}

// publicPath returns the path of a URI without segments that are longer than a UUID: misplaced tokens are.
func publicPath(uri string) string {
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

// publicHeader returns a copy of a header without credentials.
func publicHeader(header http.Header) http.Header {
	header = header.Clone()
	for _, credential := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"} {
		header.Del(credential)
	}
	return header
}
