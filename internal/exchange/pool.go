package exchange

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// maxConnections bounds the dials of a burst, and over HTTP/1.1 the calls under way.
	maxConnections = 1000
	// maxConnectionAge is how long connections are used, so that a change of DNS is seen under steady load, too.
	maxConnectionAge = 5 * time.Minute
)

// connectionPool is the package's own transport. Its connections are replaced when they may be dead or are old.
type connectionPool struct {
	current atomic.Pointer[connections]
}

// connections are those of one http.Transport.
type connections struct {
	*http.Transport
	since time.Time
}

// newConnectionPool returns a pool for one host under load: net/http's default keeps two idle connections per host, so
// that under load nearly every other call has to dial. Over HTTP/2, a connection that is silent for 5 s is sent a ping,
// and is dead if nothing comes back for 5 s more.
func newConnectionPool() *connectionPool {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	p := &connectionPool{}
	p.current.Store(newConnections(&http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second},
	}))
	return p
}

func newConnections(transport *http.Transport) *connections {
	return &connections{Transport: transport, since: time.Now()}
}

// RoundTrip implements http.RoundTripper.
func (p *connectionPool) RoundTrip(req *http.Request) (*http.Response, error) {
	return p.current.Load().RoundTrip(req)
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (p *connectionPool) CloseIdleConnections() { p.current.Load().CloseIdleConnections() }

// connections returns the current ones, for a later call of replace; nil where they are the caller's.
func (p *connectionPool) connections() *connections {
	if p == nil {
		return nil
	}
	current := p.current.Load()
	if time.Since(current.since) < maxConnectionAge {
		return current
	}
	p.replace(current)
	return p.current.Load()
}

// replace has the next attempts dial, unless another attempt has done so already. Attempts that are using old
// connections go on.
func (p *connectionPool) replace(old *connections) {
	if p != nil && p.current.CompareAndSwap(old, newConnections(old.Clone())) {
		old.CloseIdleConnections()
	}
}
