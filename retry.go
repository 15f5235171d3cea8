package roomtokens

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 8 * time.Second
	// maxServerWait holds down what a server may ask for with Retry-After or X-Ratelimit-Reset.
	maxServerWait = 30 * time.Second
)

// retryable reports whether the outcome of an attempt may be another one's next time. Exactly one of resp and err is nil.
func retryable(resp *http.Response, err error) bool {
	if err != nil {
		return !isTLSError(err)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return true
	case code == http.StatusCreated:
		body, ok := resp.Body.(*answer)
		return ok && body.err != nil && !errors.Is(body.err, errTooLarge)
	}
	return false
}

// isTLSError reports a failure of TLS or of a certificate, which a repetition does not mend. Most errors of crypto/tls
// have no type of their own but share a prefix.
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

// retryWait says how long to wait after the given attempt, counted from one: as long as the server asked for, within
// reason, or else a random time below an exponentially growing bound ("full jitter").
func retryWait(attempt int, resp *http.Response, now time.Time) time.Duration {
	if wait := serverWait(resp, now); wait > 0 {
		return min(wait, maxServerWait)
	}
	return rand.N(doubled(firstBackoff, attempt-1, maxBackoff) + 1)
}

// doubled is d, doubled so many times, and at most.
func doubled(d time.Duration, times int, most time.Duration) time.Duration {
	for range times {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// serverWait is what the server asked for; zero where it did not, or where what it says makes no sense.
func serverWait(resp *http.Response, now time.Time) time.Duration {
	if resp == nil {
		return 0
	}
	if wait := retryAfter(resp.Header, now); wait > 0 {
		return wait
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return headerSeconds(resp.Header, "X-Ratelimit-Reset")
	}
	return 0
}

// retryAfter reads Retry-After (RFC 9110), seconds or a date. A date is counted from the answer's own Date, so that a
// wrong clock here changes nothing; now serves where there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if wait := headerSeconds(h, "Retry-After"); wait > 0 {
		return wait
	}
	until, err := http.ParseTime(h.Get("Retry-After"))
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(until.Sub(now), 0)
}
