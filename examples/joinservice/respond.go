package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// callTimeout bounds one request to this service, and with it all attempts to get a token.
const callTimeout = 10 * time.Second

func routes(client *roomtokens.Client, mayEnter access, log *slog.Logger) http.Handler {
	s := service{client, mayEnter}
	noSuchPath := problem{Status: http.StatusNotFound, Detail: "no such path, or not with this method"}
	otherOrigin := problem{Status: http.StatusForbidden, Detail: "request from another origin"}
	mux := http.NewServeMux()
	mux.Handle("POST /rooms/{id}/join", respond(s.join, log))
	mux.Handle("POST /rooms/{id}/refresh", respond(s.refresh, log))
	mux.Handle("/", respond(noSuchPath.refuse, log))
	// It does not ask Telnyx: an outage there would take every instance of this service down too.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	// A session in a cookie travels with requests that other sites make a browser send.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(respond(otherOrigin.refuse, log))
	return sameOrigin.Handler(mux)
}

// respond writes what handle returns, a problem if that is an error, and one log record.
func respond(handle func(*http.Request) (any, error), log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
		defer cancel()
		ctx, telnyx := withUpstream(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		result, err := handle(r.WithContext(ctx))

		status, contentType := http.StatusOK, "application/json"
		if err != nil {
			p := problemOf(err)
			result, status, contentType = p, p.Status, "application/problem+json"
			if p.RetryAfterSecs > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfterSecs))
			}
		}
		logRequest(log, r, telnyx, time.Since(began), status, err)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		// This reveals the tokens: a secret.String is its text in JSON, and [REDACTED] elsewhere. The only error is a caller
		// who has gone.
		_ = json.NewEncoder(w).Encode(result)
	}
}
