package exchange

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	minBackoff = 500 * time.Millisecond
	maxBackoff = 8 * time.Second
	// maxServerWait is the longest wait that a server can ask for with Retry-After or X-Ratelimit-Reset. A call that is
	// asked to wait for longer ends.
	maxServerWait = 30 * time.Second
)

// retryable reports whether another attempt may end better than result.
func retryable(result *Result) bool {
	switch status := result.Status(); {
	case status == 0:
		return !isTLSError(result.Err) && !saysNo(result.Err)
	case status == http.StatusTooManyRequests:
		return !result.Paced
	case status == http.StatusRequestTimeout, status >= 500:
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

// retryWait returns how long to wait for a retry after a number of others; false where the server asks to wait for
// longer than maxServerWait. A wait that it asked for is obeyed, with up to a tenth on top, so that not all clients
// that were told the same come back at once.
func retryWait(retries, status int, header http.Header, now time.Time) (wait time.Duration, ok bool) {
	if wait := ServerWait(status, header, now); wait > 0 {
		return wait + rand.N(wait/10+1), wait <= maxServerWait
	}
	return Backoff(minBackoff, retries, maxBackoff), true
}

// Backoff returns a random time from half of first × 2ⁿ, or of limit where that is less, to the whole: an outage ends
// meanwhile, and not all who met it come back at once.
func Backoff(first time.Duration, n int, limit time.Duration) time.Duration {
	half := min(first<<min(n, 16), limit) / 2
	return half + rand.N(half)
}
