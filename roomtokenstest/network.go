package roomtokenstest

import (
	"context"
	"io"
	"net"
	"net/http"
)

// HTTPClient returns a client that calls the server in memory, whatever host a URL names. Its Transport is an
// [*http.Transport] without keep-alive: each request has a connection of its own, and goroutines that end once the
// response's body is read or closed. So it works in a bubble of testing/synctest, wherever client and server were made.
//
// A test may change the transport. Its DialContext connects to the server, whatever the address: a test can replace it
// by one that calls it, and has some dials or connections fail.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: s.dial, DialTLSContext: s.dial, DisableKeepAlives: true}}
}

// dial starts an http.Server for this one connection. A server for all connections would not work across bubbles of
// synctest, since it has a sync.WaitGroup, which belongs to one bubble. Serve starts a goroutine for the connection and
// then returns, since the listener has no other one.
func (s *Server) dial(context.Context, string, string) (net.Conn, error) {
	client, conn := net.Pipe()
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	server := &http.Server{Handler: s, Protocols: &protocols} //nolint:gosec // only this process connects
	_ = server.Serve(&listener{conn})
	return client, nil
}

// listener is a net.Listener of one connection.
type listener struct{ conn net.Conn }

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, io.EOF
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

// Close implements net.Listener.
func (*listener) Close() error { return nil }

// Addr implements net.Listener.
func (*listener) Addr() net.Addr { return nil }
