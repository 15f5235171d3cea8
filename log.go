package roomtokens

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// log writes the attributes below and nothing else: no URL, no header, no body, no error text. The last attribute, a
// duration, has the given name.
func (s *sender) log(ctx context.Context, level slog.Level, resp *response, event, name string, took time.Duration) {
	if s.logger == nil || !s.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("operation", string(resp.operation)), slog.Int("attempt", resp.attempts)}
	if resp.http != nil {
		attrs = append(attrs, slog.Int("status", resp.status()),
			slog.String("request_id", requestID(resp, newRedactor(resp))))
	}
	if resp.err != nil {
		attrs = append(attrs, slog.String("failure", failureKind(resp.err)))
	}
	s.logger.LogAttrs(ctx, level, "roomtokens: "+event, append(attrs, slog.Duration(name, took))...)
}

// failureKind names the kind of failure that err is, without its text.
func failureKind(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "dns"
	}
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		return "timeout"
	case isTLSError(err):
		return "tls"
	case errors.Is(err, errTooLarge):
		return "too large"
	}
	return "connection"
}
