package roomtokens

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

const (
	minBackoff = 250 * time.Millisecond
	maxBackoff = 8 * time.Second
	// maxServerWait is the longest wait that a server can ask for with Retry-After or X-Ratelimit-Reset.
	maxServerWait = 30 * time.Second
)

// doer sends requests, with the API key where the operation takes it, and retries them. The generated client sends
// through it too.
type doer struct {
	*config
	transport *transport
	headers   map[string]string // of every request, unless an editor changes them
}

func newDoer(cfg *config) (*doer, error) {
	transport, err := newTransport(cfg)
	headers := map[string]string{"Accept": "application/json", "User-Agent": cfg.userAgent}
	return &doer{config: cfg, transport: transport, headers: headers}, err
}

// Do implements api.HttpRequestDoer for callers of [Client.API].
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	operation := operationOf(req)
	err := takeOver(req)
	if err == nil && operation == "" {
		err = errUnknownOperation()
	}
	if err != nil {
		return nil, wrapError(cmp.Or(operation, sourceAPI), err)
	}
	resp, err := d.send(req, operation)
	if err != nil {
		return nil, err
	}
	return resp.replay(), nil
}

// send makes as many attempts as it takes, and returns the last response. An error means that there was none.
func (d *doer) send(req *http.Request, operation api.Operation) (*response, error) {
	ctx := req.Context()
	var resp *response // of the last attempt
	var secrets []string
	for attempts := 1; ; attempts++ {
		header, err := d.header(ctx, req, operation)
		switch {
		case err != nil && resp == nil:
			return nil, wrapError(operation, err)
		case err != nil:
			resp.err = err
			return resp.orError()
		}
		resp = d.transport.attempt(req, header)
		resp.operation, resp.attempts, resp.secrets = operation, attempts, secrets
		d.log(ctx, slog.LevelDebug, resp, "attempt", "duration", resp.receivedAt.Sub(resp.sentAt))
		wait, retry := d.nextAttempt(ctx, resp)
		if !retry {
			return resp.orError()
		}
		d.log(ctx, slog.LevelWarn, resp, "retry", "wait", wait)
		if err := sleep(ctx, wait); err != nil {
			resp.err = withContextError(ctx, cmp.Or(resp.err, err))
			return resp.orError()
		}
		secrets = append(secrets, resp.sentSecrets()...)
	}
}

// header returns the header of one attempt, which owns it: the transport of the last one may still be reading its own.
func (d *doer) header(ctx context.Context, req *http.Request, operation api.Operation) (http.Header, error) {
	header := req.Header.Clone()
	if !operation.BearerAuth() {
		return header, nil
	}
	return header, setBearer(ctx, header, d.key)
}

// nextAttempt returns how long to wait for the next attempt; false where there is to be none, since resp is final or
// the wait would outlive the context.
func (d *doer) nextAttempt(ctx context.Context, resp *response) (wait time.Duration, ok bool) {
	if resp.attempts > d.maxRetries || ctx.Err() != nil || !retryable(resp) {
		return 0, false
	}
	wait = retryWait(resp.attempts, resp.status(), resp.header(), time.Now())
	deadline, limited := ctx.Deadline()
	return wait, !limited || time.Until(deadline) > wait
}

// sleep waits for d; its error is that of the context, if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryable reports whether another attempt may end better than resp.
func retryable(resp *response) bool {
	switch status := resp.status(); {
	case status == 0:
		return !isTLSError(resp.err) && !errors.Is(resp.err, ErrInvalidRequest)
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return true
	case status == resp.operation.SuccessStatus():
		return resp.err != nil && !errors.Is(resp.err, errTooLarge)
	}
	return false
}

// isTLSError reports whether err is a failure of TLS or of a certificate, which a retry does not change. Most errors of
// crypto/tls have no type of their own but share a prefix.
func isTLSError(err error) bool {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if text := err.Error(); strings.HasPrefix(text, "tls: ") || strings.HasPrefix(text, "x509: ") {
			return true
		}
	}
	return false
}

// retryWait returns how long to wait after the given attempt, counted from one: as long as the server asked for, up to
// maxServerWait, or else a random time below an exponentially growing bound ("full jitter").
func retryWait(attempt, status int, header http.Header, now time.Time) time.Duration {
	if wait := serverWait(status, header, now); wait > 0 {
		return min(wait, maxServerWait)
	}
	return randomUpTo(backoff(minBackoff, attempt-1, maxBackoff))
}

// backoff returns base, doubled n times, but at most limit.
func backoff(base time.Duration, n int, limit time.Duration) time.Duration {
	return min(base<<min(n, 16), limit)
}

// serverWait returns the wait that the server asked for, or zero.
func serverWait(status int, header http.Header, now time.Time) time.Duration {
	if wait := retryAfter(header, now); wait > 0 {
		return wait
	}
	if status == http.StatusTooManyRequests {
		return rateLimitReset(header, now)
	}
	return 0
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3), seconds or a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	if wait := headerSeconds(header, "Retry-After"); wait > 0 {
		return wait
	}
	until, err := http.ParseTime(header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return max(until.Sub(serverTime(header, now)), 0)
}

// maxResetWait is the largest X-Ratelimit-Reset that is read as seconds to wait. Larger ones are instants, in seconds
// since 1970, as other APIs send them.
const maxResetWait = 1_000_000_000 * time.Second

// rateLimitReset reads X-Ratelimit-Reset: how long until the next window of requests begins.
func rateLimitReset(header http.Header, now time.Time) time.Duration {
	reset := headerSeconds(header, "X-Ratelimit-Reset")
	if reset <= maxResetWait {
		return reset
	}
	return max(time.Unix(0, 0).Add(reset).Sub(serverTime(header, now)), 0)
}

// serverTime is the response's own Date, so that a wrong clock here changes nothing; now where there is none.
func serverTime(header http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return now
}
