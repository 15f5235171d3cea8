package roomtokens

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Attempt is one of the requests that a call takes.
type Attempt struct {
	// Operation is the operation in the spec: its Path is the path template.
	Operation api.Operation
	// Number counts the attempts of the call, from 1.
	Number int
}

type attemptKey struct{}

// AttemptFromContext tells middleware which attempt a request is, by the request's context. Spans and metrics can be
// named after it, since it holds no room id. It is false outside [WithMiddleware].
func AttemptFromContext(ctx context.Context) (Attempt, bool) {
	attempt, ok := ctx.Value(attemptKey{}).(Attempt)
	return attempt, ok
}

// transport makes attempts. Whatever RoundTripper it calls, the package's own or the user's, it follows no redirect and
// reads at most maxBodyBytes. It ends within timeout if the RoundTripper obeys its request's context, as net/http does.
type transport struct {
	client        *http.Client // whose transport is the middleware around base
	hasMiddleware bool
	base          http.RoundTripper
	pool          *connectionPool // the same as base; nil where base is the user's
	timeout       time.Duration
}

func newTransport(cfg *config) (*transport, error) {
	t := &transport{timeout: cfg.attemptTimeout, hasMiddleware: len(cfg.middleware) > 0}
	switch {
	case cfg.http == nil:
		t.pool = newConnectionPool()
		t.base = t.pool
	case cfg.http.Transport == nil:
		t.base = http.DefaultTransport
	default:
		t.base = cfg.http.Transport
	}
	next := t.base
	for _, wrap := range slices.Backward(cfg.middleware) {
		if next = wrap(next); next == nil {
			return nil, invalid("middleware returns nil")
		}
	}
	t.client = &http.Client{Transport: next, CheckRedirect: useRedirect}
	if cfg.http != nil {
		t.client.Jar = cfg.http.Jar
		t.timeout = min(t.timeout, cmp.Or(cfg.http.Timeout, t.timeout))
	}
	return t, nil
}

// useRedirect has http.Client return a redirect as the response that it is.
func useRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// CloseIdleConnections closes them below any middleware.
func (t *transport) CloseIdleConnections() {
	(&http.Client{Transport: t.base}).CloseIdleConnections()
}

// attempt sends call once, with a URL, a header and a body of the attempt's own, and reads the response.
func (t *transport) attempt(call *http.Request, attempt Attempt, authorization string) *response {
	ctx, cancel := context.WithTimeout(call.Context(), t.timeout)
	defer cancel()
	if t.hasMiddleware {
		ctx = context.WithValue(ctx, attemptKey{}, attempt)
	}
	req := call.Clone(ctx)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	connections := t.pool.connections()
	resp := &response{
		operation: attempt.Operation, attempts: attempt.Number, request: req,
		authorization: req.Header.Get("Authorization"), sentAt: time.Now(),
	}
	resp.http, resp.err = t.do(req)
	if resp.http != nil {
		t.pool.setUsed(connections)
		resp.body, resp.err = readBody(resp.http)
	}
	resp.receivedAt = time.Now()
	resp.err = t.classifyError(ctx, call.Context(), resp.err)
	if errors.Is(resp.err, context.DeadlineExceeded) && resp.receivedAt.Sub(resp.sentAt) >= t.deadAfter() {
		t.pool.leave(connections)
	}
	return resp
}

// do returns the error of the transport without the URL that http.Client puts around it.
func (t *transport) do(req *http.Request) (*http.Response, error) {
	resp, err := t.client.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return resp, err
}

// deadAfter is the shortest time without a response after which a connection is taken to be dead.
func (t *transport) deadAfter() time.Duration { return min(5*time.Second, t.timeout/3) }

// classifyError tells apart a call whose own context has ended and an attempt that took too long.
func (t *transport) classifyError(attempt, call context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case contextEnd(call) != nil:
		return contextError(call, err)
	case contextEnd(attempt) != nil:
		return fmt.Errorf("attempt timed out after %v: %w", t.timeout, context.DeadlineExceeded)
	}
	return err
}

// contextError returns err, which may be nil, made to match why ctx has ended, if it has: its error and the cause.
func contextError(ctx context.Context, err error) error {
	ended := contextEnd(ctx)
	if ended == nil {
		return err
	}
	for _, reason := range []error{context.Cause(ctx), ended} {
		switch {
		case errors.Is(err, reason):
		case err == nil:
			err = reason
		case reason != nil:
			err = fmt.Errorf("%w: %w", reason, err)
		}
	}
	return err
}

// contextEnd is ctx.Err, or DeadlineExceeded as soon as the deadline has passed: a socket has the same deadline, and
// may fail before the context's timer has fired.
func contextEnd(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
