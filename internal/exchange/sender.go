// Package exchange makes the attempts of a call: it sends a request, waits and sends it again, over connections of its
// own or of the caller's, and reads at most 1 MiB of a response. It knows operations; rooms, tokens, keys and the
// errors that callers get are package roomtokens's.
package exchange

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Config says how a [Sender] sends requests.
type Config struct {
	HTTPClient     *http.Client                                // nil for connections of the Sender's own
	Middleware     []func(http.RoundTripper) http.RoundTripper // around its transport; the first is outermost
	Header         http.Header                                 // of each request that has none of the same name
	AttemptTimeout time.Duration
	MaxRetries     int

	// Authorize returns the Authorization header of an attempt; "" for none.
	Authorize func(context.Context, api.Operation) (string, error)
	// Observe is called after each attempt, with the wait before the next one if there is to be one.
	Observe func(ctx context.Context, result *Result, wait time.Duration, retry bool)
}

// Call says what is sent, and for whom.
type Call struct {
	Operation api.Operation
	// Background is a call whose failure somebody else reports, so that its retries are logged at debug level.
	Background bool
	// Paced is a call whose caller waits by itself after a 429, which ends it.
	Paced bool
}

// Sender sends requests. It is safe for concurrent use.
type Sender struct {
	Config
	client    *http.Client // whose transport is the middleware around transport
	transport http.RoundTripper
	pool      *connectionPool // the same as transport; nil where that is the caller's
}

// New returns a Sender. It fails where middleware returns nil.
func New(cfg Config) (*Sender, error) {
	s := &Sender{Config: cfg, client: &http.Client{CheckRedirect: keepRedirect}}
	if cfg.HTTPClient == nil {
		s.pool = newConnectionPool()
		s.transport = s.pool
	} else {
		s.transport = cmp.Or(cfg.HTTPClient.Transport, http.DefaultTransport)
		s.client.Jar = cfg.HTTPClient.Jar
		s.AttemptTimeout = min(cfg.AttemptTimeout, cmp.Or(cfg.HTTPClient.Timeout, cfg.AttemptTimeout))
	}
	s.client.Transport = s.transport
	for _, wrap := range slices.Backward(cfg.Middleware) {
		if s.client.Transport = wrap(s.client.Transport); s.client.Transport == nil {
			return nil, errors.New("middleware returns nil")
		}
	}
	return s, nil
}

// keepRedirect has http.Client return a redirect as the response that it is.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Send makes the attempts of a call and returns the result of the last one. An error is that of Authorize, and nothing
// has been sent. The body of req, if it has one, comes from GetBody.
//
// After a 401, Authorize is asked once more: where it returns another key, the old one was rotated, and Send begins
// anew.
func (s *Sender) Send(req *http.Request, call Call) (*Result, error) {
	ctx := req.Context()
	authorization, err := s.Authorize(ctx, call.Operation)
	if err != nil {
		return nil, err
	}
	result := s.retry(req, call, nil, authorization)
	if result.Status() != http.StatusUnauthorized {
		return result, nil
	}
	if rotated, _ := s.Authorize(ctx, call.Operation); rotated != "" && rotated != result.Authorization {
		return s.retry(req, call, append(result.Earlier, result.Authorization), rotated), nil
	}
	return result, nil // also where there is no key any more: the 401 says more
}

// retry makes attempts until one is final. They follow those with the earlier keys, if there were any.
func (s *Sender) retry(req *http.Request, call Call, earlier []string, authorization string) *Result {
	ctx := req.Context()
	for retries := max(len(earlier)-1, 0); ; retries++ { // the attempt with a rotated key is no retry
		result := s.attempt(req, call, len(earlier)+1, authorization)
		result.Earlier = earlier
		wait, retry := s.nextAttempt(ctx, result, retries)
		s.Observe(ctx, result, wait, retry)
		if !retry {
			return result
		}
		if !sleep(ctx, wait) {
			result.Err = ContextError(ctx, result.Err)
			return result
		}
		var err error
		if authorization, err = s.Authorize(ctx, call.Operation); err != nil {
			result.Err = err
			return result
		}
		earlier = append(earlier, result.Authorization)
	}
}

// nextAttempt returns how long to wait for the next attempt; false where there is to be none, since result is final or
// the wait would be too long or outlive the context.
func (s *Sender) nextAttempt(ctx context.Context, result *Result, retries int) (wait time.Duration, ok bool) {
	if retries >= s.MaxRetries || ctx.Err() != nil || !retryable(result) {
		return 0, false
	}
	wait, ok = retryWait(retries, result.Status(), result.Header(), time.Now())
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= wait {
		return 0, false
	}
	return wait, ok
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

// Connections returns the transport of the Sender's own connections, for as long as they are not replaced; nil where
// they are the caller's.
func (s *Sender) Connections() *http.Transport {
	if s.pool == nil {
		return nil
	}
	return s.pool.current.Load().Transport
}

// CloseIdleConnections closes the connections that no attempt is using, below any middleware.
func (s *Sender) CloseIdleConnections() {
	(&http.Client{Transport: s.transport}).CloseIdleConnections()
}
