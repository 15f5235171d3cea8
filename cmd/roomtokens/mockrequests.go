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
		attrs := []any{"method", r.Method, "path", pathOf(r.URI)}
		if r.Fault != "" {
			attrs = append(attrs, "fault", r.Fault)
		}
		if r.Status == 0 { // the fault broke the connection, or the client did
			log.Info("no response", attrs...)
			return
		}
		log.Info("request", append(attrs, "status", r.Status)...)
	}
}

// hideSecrets leaves out what the tests of a mock have no use for, and may hold secrets.
func hideSecrets(r roomtokenstest.Request) roomtokenstest.Request {
	header := http.Header{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Origin", "User-Agent",
	} {
		for _, value := range r.Header.Values(name) {
			header.Add(name, redact(value))
		}
	}
	r.URI, r.Header = pathOf(r.URI), header
	return r
}

// pathOf returns the path of a URI.
func pathOf(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return redact(path)
}
