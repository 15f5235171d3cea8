package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// newTransport returns net/http's transport, which reads HTTPS_PROXY.
func newTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = dialer(transport.DialContext).dial
	transport.OnProxyConnectResponse = checkTunnel
	return transport
}

// checkTunnel says that it was a proxy that refused, of which net/http says the text of the status alone.
func checkTunnel(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	err := fmt.Errorf("the proxy refused to connect: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if resp.StatusCode >= http.StatusInternalServerError {
		return err
	}
	return finalError{err}
}

// dialer is how a transport connects.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// dial makes the failure to find a host that does not exist final.
func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d(ctx, network, address)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil, finalError{err}
	}
	return conn, err
}

// finalError is a failure that no retry changes.
type finalError struct{ error }

// Unwrap returns the failure itself.
func (e finalError) Unwrap() error { return e.error }

// Retryable has the client return the failure.
func (finalError) Retryable() bool { return false }

// checkProxy refuses a proxy that is no URL: net/http would ignore it and connect directly.
func (p *program) checkProxy() error {
	proxy := cmp.Or(p.env("HTTPS_PROXY"), p.env("https_proxy"))
	if proxy == "" {
		return nil
	}
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	if parsed, err := url.Parse(proxy); err != nil || parsed.Host == "" {
		return usagef("HTTPS_PROXY is not a URL such as http://proxy.example:3128")
	}
	return nil
}
