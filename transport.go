package roomtokens

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// doer sends the requests that the generated client makes. It puts what no caller can take off around the package's
// transport or the caller's: the key only where the spec asks for it, no redirects, bounded answers and attempts.
type doer struct {
	http       *http.Client
	bearer     api.RequestEditorFn
	headers    map[string]string
	maxRetries int
	logger     *slog.Logger
}

func newDoer(cfg *config) *doer {
	client := &http.Client{}
	timeout := cfg.attemptTimeout
	if cfg.http != nil {
		*client = *cfg.http
		client.Timeout = 0
		if cfg.http.Timeout > 0 {
			timeout = min(timeout, cfg.http.Timeout)
		}
	}
	base := client.Transport
	switch {
	case cfg.http == nil:
		base = newColdStart(newTransport(timeout))
	case base == nil:
		base = http.DefaultTransport
	}
	client.Transport = &attempt{base: base, timeout: timeout}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &doer{
		http: client, bearer: BearerAuthFunc(cfg.key),
		headers:    map[string]string{"Accept": "application/json", "User-Agent": cfg.userAgent},
		maxRetries: cfg.maxRetries, logger: cfg.logger,
	}
}

// idleTimeout is how long the package's transport keeps a connection that nobody uses.
const idleTimeout = 90 * time.Second

// newTransport returns a pool of connections for one host under load: net/http's default keeps two idle connections per
// host, and makes nearly every other call under load dial anew.
func newTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        idleTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// attempt is the http.RoundTripper of one attempt: a request, its answer read whole, all within timeout. It has no
// CloseIdleConnections, so that a failed call does not empty the pool.
type attempt struct {
	base    http.RoundTripper
	timeout time.Duration
}

// RoundTrip implements http.RoundTripper.
func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), a.timeout)
	defer cancel()
	resp, err := a.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, a.explain(ctx, req.Context(), err)
	}
	if resp == nil {
		return nil, errors.New("transport returned neither a response nor an error")
	}
	resp.Request = req
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	// http.Client would make an error of a Location that it cannot parse, and quote it, before it asks CheckRedirect.
	if resp.StatusCode/100 == 3 {
		if _, err := resp.Location(); err != nil {
			resp.Header.Del("Location")
		}
	}
	body := readAnswer(resp.Body, resp.ContentLength)
	body.err = a.explain(ctx, req.Context(), body.err)
	resp.Body = body
	return resp, nil
}

// explain tells an attempt that took too long from a call whose own context has ended, for which transports may return
// what the context gives for a cause in place of its error.
func (a *attempt) explain(ctx, call context.Context, err error) error {
	switch ended := call.Err(); {
	case err == nil || ctx.Err() == nil:
		return err
	case ended == nil:
		return attemptTimeoutError(a.timeout)
	case errors.Is(err, ended):
		return err
	default:
		return fmt.Errorf("%w: %w", ended, err)
	}
}

// attemptTimeoutError is a context.DeadlineExceeded that says which deadline it was.
type attemptTimeoutError time.Duration

func (e attemptTimeoutError) Error() string {
	return "attempt timed out after " + time.Duration(e).String()
}

// Timeout implements net.Error, which url.Error passes on.
func (attemptTimeoutError) Timeout() bool { return true }

// Unwrap returns context.DeadlineExceeded.
func (attemptTimeoutError) Unwrap() error { return context.DeadlineExceeded }
