package roomtokens

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// transport makes attempts. Whatever RoundTripper it calls, the package's own or the user's, it follows no redirect and
// reads at most maxBodyBytes. It ends within timeout if the RoundTripper obeys its request's context, as net/http does.
type transport struct {
	next    http.RoundTripper // middleware around base
	base    http.RoundTripper
	own     bool // base is the package's own
	jar     http.CookieJar
	timeout time.Duration
}

func newTransport(cfg *config) (*transport, error) {
	t := &transport{own: cfg.http == nil, timeout: cfg.attemptTimeout}
	switch {
	case t.own:
		t.base = newConnectionPool(t.deadAfter())
	case cfg.http.Transport == nil:
		t.base = http.DefaultTransport
	default:
		t.base = cfg.http.Transport
	}
	if cfg.http != nil {
		t.jar = cfg.http.Jar
		if cfg.http.Timeout > 0 {
			t.timeout = min(t.timeout, cfg.http.Timeout)
		}
	}
	t.next = t.base
	for _, wrap := range slices.Backward(cfg.middleware) {
		if t.next = wrap(t.next); t.next == nil {
			return nil, invalid("middleware returns nil")
		}
	}
	return t, nil
}

// deadAfter is how long a connection stays silent before it may be dead: short enough that a retry can use another one.
func (t *transport) deadAfter() time.Duration { return min(5*time.Second, t.timeout/3) }

// newConnectionPool returns a transport for one host under load: net/http's default keeps two idle connections per
// host, so that under load nearly every other call has to dial. Over HTTP/2, a silent connection is sent a ping, and
// is dead if nothing comes back in the same time again.
func newConnectionPool(deadAfter time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: deadAfter, PingTimeout: deadAfter},
	}
}

func (t *transport) closeIdleConnections() {
	(&http.Client{Transport: t.base}).CloseIdleConnections()
}

// attempt sends call once, with a header and a body of the attempt's own, and reads the response.
func (t *transport) attempt(call *http.Request, header http.Header) *response {
	ctx, cancel := context.WithTimeout(call.Context(), t.timeout)
	defer cancel()
	req := call.WithContext(ctx)
	req.Header = header
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	resp := &response{request: req, authorization: header.Get("Authorization"), sentAt: time.Now()}
	resp.http, resp.err = t.roundTrip(req)
	if resp.http != nil {
		resp.body, resp.err = readBody(resp.http)
	}
	resp.receivedAt = time.Now()
	resp.err = t.explain(ctx, call.Context(), resp.err)
	if t.own && errors.Is(resp.err, context.DeadlineExceeded) && resp.receivedAt.Sub(resp.sentAt) >= t.deadAfter() {
		// The idle connections may be as dead as the one that was used: the next attempt is to dial.
		t.closeIdleConnections()
	}
	return resp
}

// explain tells an attempt that took too long from a call whose own context has ended, and both from a request that
// net/http does not send, for which it has no type of error.
func (t *transport) explain(attempt, call context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case contextError(call) != nil:
		return withContextError(call, err)
	case contextError(attempt) != nil:
		return fmt.Errorf("attempt timed out after %v: %w", t.timeout, context.DeadlineExceeded)
	case strings.HasPrefix(err.Error(), "net/http: invalid "), strings.HasPrefix(err.Error(), "net/http: can't write"):
		return invalid("%v", err)
	}
	return err
}

func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	if t.jar != nil {
		for _, cookie := range t.jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("transport returned neither a response nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if t.jar != nil {
		t.jar.SetCookies(req.URL, resp.Cookies())
	}
	return resp, nil
}

// withContextError returns err, made to match the error of ctx if that has ended.
func withContextError(ctx context.Context, err error) error {
	ended := contextError(ctx)
	if ended == nil || errors.Is(err, ended) {
		return err
	}
	return fmt.Errorf("%w: %w", ended, err)
}

// contextError is ctx.Err without its delay: sockets know of a deadline as well, and may report it before the context.
func contextError(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
