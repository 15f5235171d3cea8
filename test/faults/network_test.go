package faults_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// network joins an http.Transport to http.Servers in memory, so that both run in virtual time.
type network struct {
	mu      sync.Mutex
	hosts   map[string]*listener
	dials   []dial
	refusal func(ctx context.Context) error // what befalls every dial; nil for a network that works
	open    atomic.Int64                    // connections that the dialling side has not closed
}

// dial is one attempt to connect.
type dial struct {
	at   time.Time
	addr string
}

// DialContext has the signature of http.Transport's field.
func (n *network) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	n.dials = append(n.dials, dial{time.Now(), addr})
	host := n.hosts[addr]
	n.mu.Unlock()
	if n.refusal != nil {
		return nil, n.refusal(ctx)
	}
	if host == nil {
		return nil, opError("dial", syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	cut := new(atomic.Bool)
	select {
	case host.accepted <- &farEnd{far, cut}:
	case <-host.closed:
		return nil, opError("dial", syscall.ECONNREFUSED)
	}
	n.open.Add(1)
	return &nearEnd{Conn: near, cut: cut, open: &n.open}, nil
}

// listen makes the address one that can be dialled.
func (n *network) listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	host := &listener{accepted: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[addr] = host
	return host
}

// opError is what package net returns for a failed system call.
func opError(op string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, errno)}
}

// nearEnd is the client's end of a connection.
type nearEnd struct {
	net.Conn
	cut    *atomic.Bool
	open   *atomic.Int64
	closed sync.Once
}

// Read tells a connection that was reset from one that was closed.
func (c *nearEnd) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) && c.cut.Load() {
		err = opError("read", syscall.ECONNRESET)
	}
	return n, err
}

func (c *nearEnd) Close() error {
	c.closed.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// farEnd is the server's end of a connection.
type farEnd struct {
	net.Conn
	cut *atomic.Bool
}

// reset closes the connection in the way that the other end notices as a reset.
func (c *farEnd) reset() {
	c.cut.Store(true)
	c.Close()
}

// listener implements net.Listener.
type listener struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
