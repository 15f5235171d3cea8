package roomtokens

import (
	"context"
	"log/slog"
	"time"

	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// attemptLog is nil where nothing is logged.
type attemptLog struct{ *slog.Logger }

// observe logs an attempt and, if another follows it, the wait until then. Retries in the background are at debug
// level: the fetch is logged when it has failed as a whole.
func (l attemptLog) observe(ctx context.Context, result *exchange.Result, wait time.Duration, retry bool) {
	l.log(ctx, slog.LevelDebug, result, "attempt", "duration", result.ReceivedAt.Sub(result.SentAt))
	if retry {
		level := slog.LevelWarn
		if result.Background {
			level = slog.LevelDebug
		}
		l.log(ctx, level, result, "retry", "wait", wait)
	}
}

// log writes the attributes below and nothing else: no URL, no header, no body, no error text. The last attribute, a
// duration, has the given name.
func (l attemptLog) log(
	ctx context.Context, level slog.Level, result *exchange.Result, event, name string, took time.Duration,
) {
	if l.Logger == nil || !l.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("operation", string(result.Operation)), slog.Int("attempt", result.Attempts)}
	if result.Response != nil {
		attrs = append(attrs, slog.Int("status", result.Status()),
			slog.String("request_id", requestID(result, newRedactor(result))))
	}
	if result.Err != nil {
		attrs = append(attrs, slog.String("failure", exchange.FailureKind(result.Err)), slog.String("phase", result.Phase()))
	}
	l.LogAttrs(ctx, level, "roomtokens: "+event, append(attrs, slog.Duration(name, took))...)
}
