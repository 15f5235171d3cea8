package exchange

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	minBackoff = 250 * time.Millisecond
	maxBackoff = 8 * time.Second
	// maxServerWait is the longest wait that a server can ask for with Retry-After or X-Ratelimit-Reset.
	maxServerWait = 30 * time.Second
)

// retryable reports whether another attempt may end better than result.
func retryable(result *Result) bool {
	switch status := result.Status(); {
	case status == 0:
		return !isTLSError(result.Err) && !saysNo(result.Err)
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return true
	case status == result.Operation.SuccessStatus():
		return result.Err != nil && !errors.Is(result.Err, ErrTooLarge)
	}
	return false
}

// saysNo reports whether a transport or middleware says of its error that another attempt does not help.
func saysNo(err error) bool {
	said, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err)
	return ok && !said.Retryable()
}

// retryWait returns how long to wait after the given attempt, counted from one. A wait that the server asked for is
// obeyed up to maxServerWait, with up to a tenth on top, so that not all clients that were told the same come back at
// once. Otherwise the wait is random, below an exponentially growing bound ("full jitter").
func retryWait(attempt, status int, header http.Header, now time.Time) time.Duration {
	if wait := min(ServerWait(status, header, now), maxServerWait); wait > 0 {
		return wait + randomUpTo(wait/10)
	}
	return randomUpTo(Backoff(minBackoff, attempt-1, maxBackoff))
}

// Backoff returns base × 2ⁿ, but at most limit.
func Backoff(base time.Duration, n int, limit time.Duration) time.Duration {
	return min(base<<min(n, 16), limit)
}

// randomUpTo returns a random duration from zero to d.
func randomUpTo(d time.Duration) time.Duration { return rand.N(d + 1) }
