package exchange

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Attempt is one of the requests that a call takes.
type Attempt struct {
	Operation api.Operation
	Number    int // from 1
}

type attemptKey struct{}

// AttemptFromContext tells middleware which attempt a request is, by the request's context.
func AttemptFromContext(ctx context.Context) (Attempt, bool) {
	attempt, ok := ctx.Value(attemptKey{}).(Attempt)
	return attempt, ok
}

// attempt sends a request once, with a URL, a header and a body of the attempt's own, and reads the response. It ends
// within AttemptTimeout if the transport obeys its request's context, as net/http does.
func (s *Sender) attempt(ofCall *http.Request, call Call, number int, authorization string) *Result {
	ctx, cancel := context.WithTimeout(ofCall.Context(), s.AttemptTimeout)
	defer cancel()
	if len(s.Middleware) > 0 {
		ctx = context.WithValue(ctx, attemptKey{}, Attempt{call.Operation, number})
	}
	result := &Result{Call: call, Attempts: number, SentAt: time.Now()}
	result.Request = s.request(result.progress.follow(ctx), ofCall, authorization)
	result.Authorization = result.Request.Header.Get("Authorization")
	connections := s.pool.connections()
	result.Response, result.Err = s.do(result.Request)
	if result.Response != nil {
		result.progress.reach(readingResponse)
		result.Body, result.Err = readBody(result.Response)
	}
	result.ReceivedAt = time.Now()
	result.Err = s.classifyError(ctx, ofCall.Context(), result)
	if errors.Is(result.Err, context.DeadlineExceeded) && result.progress.sinceConnected() >= s.deadAfter() {
		s.pool.replace(connections)
	}
	return result
}

// request returns the request of one attempt.
func (s *Sender) request(ctx context.Context, ofCall *http.Request, authorization string) *http.Request {
	req := ofCall.WithContext(ctx)
	url := *ofCall.URL
	req.URL = &url
	req.Header = s.header(ofCall.Header, authorization)
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	return req
}

// header returns the header of one attempt: what Config says of it, unless the call says otherwise, and the key.
func (s *Sender) header(ofCall http.Header, authorization string) http.Header {
	merged := make(http.Header)
	maps.Copy(merged, s.Header)
	maps.Copy(merged, ofCall)
	if authorization != "" {
		merged["Authorization"] = []string{authorization}
	}
	return merged.Clone()
}

// do returns the error of the transport without the URL that http.Client puts around it.
func (s *Sender) do(req *http.Request) (*http.Response, error) {
	resp, err := s.client.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return resp, err
}

// deadAfter is the shortest time without a response after which a connection is taken to be dead.
func (s *Sender) deadAfter() time.Duration { return min(5*time.Second, s.AttemptTimeout/3) }

// classifyError tells apart a call whose own context has ended and an attempt that took too long.
func (s *Sender) classifyError(attempt, call context.Context, result *Result) error {
	switch {
	case result.Err == nil:
		return nil
	case contextEnd(call) != nil:
		return fmt.Errorf("while %s: %w", result.Phase(), ContextError(call, result.Err))
	case contextEnd(attempt) != nil:
		const format = "attempt timed out after %v while %s: %w"
		return fmt.Errorf(format, s.AttemptTimeout, result.Phase(), context.DeadlineExceeded)
	}
	return result.Err
}

// ContextError returns err, which may be nil, made to match why ctx has ended, if it has: its error and the cause.
func ContextError(ctx context.Context, err error) error {
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
