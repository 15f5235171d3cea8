package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/roomtokens/roomtokens-go"
)

// errUnauthorized is a caller without a valid credential. The client's ErrUnauthorized can be about this service's own
// API key, which is not the caller's fault.
var errUnauthorized = errors.New("unauthorized")

// respond writes the token or the error that handle returns, and one log record.
func (s *service) respond(handle func(*http.Request) (*roomtokens.ClientToken, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		token, err := handle(r.WithContext(ctx))
		s.logRequest(r, err, time.Since(start))

		w.Header().Set("Cache-Control", "no-store")
		if err != nil {
			writeError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// This reveals the tokens: a secret.String is its text in JSON, and [REDACTED] elsewhere. The only error is a caller
		// who has gone.
		_ = json.NewEncoder(w).Encode(token)
	}
}

// logRequest logs what it names: no header but the user's name, and no body. The client's errors hold no secret.
func (s *service) logRequest(r *http.Request, err error, duration time.Duration) {
	level, attrs := slog.LevelInfo, []any{
		"route", r.Pattern, "room", r.PathValue("id"), "user", signedInUser(r), "status", statusOf(err),
		"duration", duration, "trace_id", trace.SpanContextFromContext(r.Context()).TraceID(),
	}
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	if statusOf(err) >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(r.Context(), level, "request", attrs...)
}

// writeError tells the caller the status alone: what Telnyx said is for the log.
func writeError(w http.ResponseWriter, err error) {
	status := statusOf(err)
	if limited, ok := errors.AsType[*roomtokens.Error](err); ok && status == http.StatusTooManyRequests {
		seconds := (limited.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	}
	http.Error(w, http.StatusText(status), status)
}

// statusOf returns the status for this service's caller.
func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, roomtokens.ErrInvalidRequest):
		return http.StatusBadRequest
	case errors.Is(err, errUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, roomtokens.ErrForbidden):
		return http.StatusForbidden
	case errors.Is(err, roomtokens.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, roomtokens.ErrRateLimited):
		return http.StatusTooManyRequests
	case errors.Is(err, context.Canceled):
		return 499 // the caller has gone: this is for the log, as nginx has it
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}
