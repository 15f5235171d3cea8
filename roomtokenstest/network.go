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
// A test may change the transport. The DialContext that is there connects to the server whatever the address, so that
// another one can call it and have the connection fail.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: s.dial, DialTLSContext: s.dial, DisableKeepAlives: true}}
}

// dial connects to an http.Server of the connection's own: a common one has a sync.WaitGroup, which cannot be in two
// bubbles at once. Serve starts the connection's goroutine and returns, since that is the listener's only one.
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
