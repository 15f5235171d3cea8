package exchange

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// connectionPool is the package's own transport. Its http.Transport is replaced when the connections may be dead.
type connectionPool struct {
	current atomic.Pointer[http.Transport]
	used    atomic.Pointer[http.Transport] // the last one over which a response came
}

// newConnectionPool returns a pool for one host under load: net/http's default keeps two idle connections per host, so
// that under load nearly every other call has to dial. Over HTTP/2, a connection that is silent for 5 s is sent a ping,
// and is dead if nothing comes back for 5 s more.
func newConnectionPool() *connectionPool {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	p := &connectionPool{}
	p.current.Store(&http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second},
	})
	return p
}

// RoundTrip implements http.RoundTripper.
func (p *connectionPool) RoundTrip(req *http.Request) (*http.Response, error) {
	return p.current.Load().RoundTrip(req)
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (p *connectionPool) CloseIdleConnections() { p.current.Load().CloseIdleConnections() }

// setUsed records that a response came on connections.
func (p *connectionPool) setUsed(connections *http.Transport) {
	if p != nil && p.used.Load() != connections {
		p.used.Store(connections)
	}
}

// leave replaces connections, so that the next attempts dial, unless another attempt has done so already. Attempts that
// are using them go on. Connections without any response so far are new, not dead, and are kept: an attempt may have
// been too short for a dial and a response, and the next one needs the connection that this one has dialed.
func (p *connectionPool) leave(connections *http.Transport) {
	if p != nil && p.used.Load() == connections && p.current.CompareAndSwap(connections, connections.Clone()) {
		connections.CloseIdleConnections()
	}
}
