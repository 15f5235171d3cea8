package roomtokens

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is one call of an operation: the request and however many attempts it takes.
type call struct {
	*doer
	operation string
	once      bool    // the request's body cannot be sent again
	first     outcome // of an attempt that the loop has yet to hear of
	attempts  int
	began     time.Time     // when the running attempt began
	wait      time.Duration // before the next attempt
	last      outcome       // what is to be returned if the context ends while waiting
}

// outcome is what an attempt came to: one of the two is nil.
type outcome struct {
	resp *http.Response
	err  error
}

// Do implements api.HttpRequestDoer. The response's body is an *answer.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	d.setDefaults(req.Header)
	return d.send(req)
}

// send is Do for a request that has the default headers.
func (d *doer) send(req *http.Request) (*http.Response, error) {
	if err := d.bearer(req.Context(), req); err != nil {
		return nil, err
	}
	c := &call{doer: d, operation: operationOf(req.URL.Path), once: req.Body != nil && req.GetBody == nil, began: time.Now()}
	if d.http.Jar == nil && c.succeeds(req) {
		c.attempts = 1
		c.logAttempt(req.Context(), c.first.resp)
		return c.finish(req, c.first.resp, nil)
	}
	return c.loop(req)
}

// succeeds makes the first attempt without a retry loop and without http.Client, whose cookies, redirects and timeout are
// not wanted: nearly every call ends here, and spares a tenth of its time. What did not succeed is for the loop to judge.
func (c *call) succeeds(req *http.Request) bool {
	resp, err := c.http.Transport.RoundTrip(req)
	c.first = outcome{resp, err}
	return err == nil && resp.StatusCode == http.StatusCreated && resp.Body.(*answer).err == nil
}

// loop makes the attempts that it takes. A first one that has been made counts.
func (c *call) loop(req *http.Request) (*http.Response, error) {
	client := *c.http
	client.Transport = c
	loop := retryablehttp.Client{
		HTTPClient:   &client,
		RetryMax:     c.maxRetries,
		CheckRetry:   c.checkRetry,
		Backoff:      c.backoff,
		PrepareRetry: c.prepareRetry,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	// The request is handed over as it is: prepareRetry rewinds the body, where the library would copy it.
	resp, err := loop.Do(&retryablehttp.Request{Request: req})
	return c.finish(req, resp, err)
}

// RoundTrip implements http.RoundTripper for the loop.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	if first := c.first; first.resp != nil || first.err != nil {
		c.first = outcome{}
		return first.resp, first.err
	}
	return c.http.Transport.RoundTrip(req)
}

// setDefaults adds the headers that every request has, where an editor has not.
func (d *doer) setDefaults(h http.Header) {
	for name, value := range d.headers {
		if len(h[name]) == 0 {
			h.Set(name, value)
		}
	}
}

// finish hands on the last outcome, with the number of attempts.
func (c *call) finish(req *http.Request, resp *http.Response, err error) (*http.Response, error) {
	switch ended := req.Context().Err(); {
	case ended == nil || resp != nil:
	case c.last.resp != nil:
		body := c.last.resp.Body.(*answer)
		body.Reset(body.data)
		body.err, resp, err = ended, c.last.resp, nil
	case c.last.err != nil:
		err = fmt.Errorf("%w: %w", ended, c.last.err)
	}
	if err != nil {
		if err = newScrubber(req).error(err); c.attempts > 1 {
			err = fmt.Errorf("after %d attempts: %w", c.attempts, err)
		}
		return nil, err
	}
	body := resp.Body.(*answer)
	body.attempts, body.sent = c.attempts, c.began
	return resp, nil
}

// checkRetry implements retryablehttp.CheckRetry. It decides on the wait as well: one that would outlive the context is
// not begun.
func (c *call) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	c.attempts++
	c.logAttempt(ctx, resp)
	if c.once || c.attempts > c.maxRetries || ctx.Err() != nil || !retryable(resp, err) {
		return false, nil
	}
	c.wait, c.last = retryWait(c.attempts, resp, time.Now()), outcome{resp, err}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= c.wait {
		return false, nil
	}
	c.logRetry(ctx, resp)
	return true, nil
}

// backoff implements retryablehttp.Backoff.
func (c *call) backoff(time.Duration, time.Duration, int, *http.Response) time.Duration {
	return c.wait
}

// prepareRetry implements retryablehttp.PrepareRetry: it rewinds the body and asks for the key anew. The transport may
// still be reading the headers of the attempt before, so this one gets its own.
func (c *call) prepareRetry(req *http.Request) error {
	c.began, c.last = time.Now(), outcome{}
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return err
		}
		req.Body = body
	}
	req.Header = req.Header.Clone()
	return c.bearer(req.Context(), req)
}
