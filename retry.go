package roomtokens

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
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

// sender sends requests, with the API key where the operation takes it, and retries them. The generated client sends
// through it too.
type sender struct {
	*config
	transport *transport
	header    http.Header // of each request with a JSON body, unless an editor changes it
}

func newSender(cfg *config) (*sender, error) {
	transport, err := newTransport(cfg)
	s := &sender{config: cfg, transport: transport, header: http.Header{"Content-Type": {"application/json"}}}
	s.setHeaders(s.header)
	return s, err
}

// prepare is the first editor of every request that the generated client makes.
func (s *sender) prepare(_ context.Context, req *http.Request) error {
	recordOperation(req, operationOf(req))
	s.setHeaders(req.Header)
	return nil
}

// setHeaders sets what every request carries, unless an editor changes it.
func (s *sender) setHeaders(header http.Header) {
	header.Set("Accept", "application/json")
	header.Set("User-Agent", s.userAgent)
}

// Do implements api.HttpRequestDoer for callers of [Client.API].
func (s *sender) Do(req *http.Request) (*http.Response, error) {
	operation := operationOf(req)
	err := s.checkEdited(req)
	if err == nil && operation == "" {
		err = errUnknownOperation()
	}
	if err != nil {
		return nil, wrapError(cmp.Or(operation, sourceAPI), err)
	}
	resp, err := s.send(req, operation)
	if err != nil {
		return nil, err
	}
	return resp.replay(), nil
}

// send makes the attempts of a call and returns the last response, or an error where there was no response.
func (s *sender) send(req *http.Request, operation api.Operation) (*response, error) {
	ctx := req.Context()
	var resp *response // of the last attempt
	var secrets []string
	for number := 1; ; number++ {
		authorization, err := s.authorization(ctx, operation)
		switch {
		case err != nil && resp == nil:
			return nil, wrapError(operation, err)
		case err != nil:
			resp.err = err
			return resp.orError()
		}
		resp = s.transport.attempt(req, Attempt{operation, number}, authorization)
		resp.secrets = secrets
		s.log(ctx, slog.LevelDebug, resp, "attempt", "duration", resp.receivedAt.Sub(resp.sentAt))
		wait, retry := s.nextAttempt(ctx, resp)
		if !retry {
			return resp.orError()
		}
		s.log(ctx, slog.LevelWarn, resp, "retry", "wait", wait)
		if !sleep(ctx, wait) {
			resp.err = contextError(ctx, resp.err)
			return resp.orError()
		}
		secrets = append(secrets, resp.sentSecrets()...)
	}
}

// authorization returns the Authorization header of one attempt; "" where the operation takes no key.
func (s *sender) authorization(ctx context.Context, operation api.Operation) (string, error) {
	if !operation.BearerAuth() {
		return "", nil
	}
	return bearerOf(ctx, s.key)
}

// nextAttempt returns how long to wait for the next attempt; false where there is to be none, since resp is final or
// the wait would outlive the context.
func (s *sender) nextAttempt(ctx context.Context, resp *response) (wait time.Duration, ok bool) {
	if resp.attempts > s.maxRetries || ctx.Err() != nil || !retryable(resp) {
		return 0, false
	}
	wait = retryWait(resp.attempts, resp.status(), resp.header(), time.Now())
	deadline, limited := ctx.Deadline()
	return wait, !limited || time.Until(deadline) > wait
}

// sleep waits for d; false where ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
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

// isTLSError reports whether err is a failure of TLS or of a certificate, which a retry does not change.
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
	return beginsWith(err, "tls: ", "x509: ")
}

// beginsWith reports whether err, or an error that it wraps, has a text with one of the prefixes. Many errors of the
// standard library have no type of their own.
func beginsWith(err error, prefixes ...string) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		text := err.Error()
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) }) {
			return true
		}
	}
	return false
}

// retryWait returns how long to wait after the given attempt, counted from one. A wait that the server asked for is
// obeyed up to maxServerWait, with up to a tenth on top, so that not all clients that were told the same come back at
// once. Otherwise the wait is random, below an exponentially growing bound ("full jitter").
func retryWait(attempt, status int, header http.Header, now time.Time) time.Duration {
	if wait := min(serverWait(status, header, now), maxServerWait); wait > 0 {
		return wait + randomUpTo(wait/10)
	}
	return randomUpTo(backoff(minBackoff, attempt-1, maxBackoff))
}

// backoff returns base × 2ⁿ, but at most limit.
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

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date, also one with a numeric zone (+0000).
func retryAfter(header http.Header, now time.Time) time.Duration {
	if wait := headerSeconds(header, "Retry-After"); wait > 0 {
		return wait
	}
	value := header.Get("Retry-After")
	until, err := http.ParseTime(value)
	if err != nil {
		until, err = time.Parse(time.RFC1123Z, value)
	}
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

// serverTime returns the response's Date, so that a wrong clock on this side has no effect, or now if there is none.
func serverTime(header http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return now
}
