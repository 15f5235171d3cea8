package roomtokens

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// logAttempt and logRetry record what is on this list and nothing else: no URL, no header, no body, no error text.
func (c *call) logAttempt(ctx context.Context, resp *http.Response) {
	if c.logger == nil || !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "roomtokens: attempt",
		append(c.attrs(resp), slog.Duration("duration", time.Since(c.began)))...)
}

func (c *call) logRetry(ctx context.Context, resp *http.Response) {
	if c.logger == nil || !c.logger.Enabled(ctx, slog.LevelWarn) {
		return
	}
	c.logger.LogAttrs(ctx, slog.LevelWarn, "roomtokens: retry",
		append(c.attrs(resp), slog.Duration("wait", c.wait))...)
}

func (c *call) attrs(resp *http.Response) []slog.Attr {
	attrs := []slog.Attr{slog.String("operation", c.operation), slog.Int("attempt", c.attempts)}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode),
			slog.String("request_id", requestID(resp.Header, newScrubber(resp.Request))))
	}
	return attrs
}
