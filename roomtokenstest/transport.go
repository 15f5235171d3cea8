package roomtokenstest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// HTTPClient returns a client that calls the server in memory, whatever host a URL names. A request runs in its
// caller's goroutine and leaves none behind, so that it works in a bubble of testing/synctest. Requests that
// [http.Transport] does not send, broken connections, gzip and the end of a context look as they do with it.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: transport{s}}
}

// transport is the network between a client and a handler.
type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	received, err := transmit(req)
	if err != nil {
		return nil, err
	}
	w := &responseWriter{header: http.Header{}}
	aborted := serve(t.handler, w, received)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if aborted && w.status == 0 {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	resp := w.response(req, aborted)
	if req.Header.Get("Accept-Encoding") == "" && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		unzip(resp)
	}
	return resp, nil
}

// transmit returns req as a server receives it: written and read again by net/http.
func transmit(req *http.Request) (*http.Request, error) {
	if err := checkSendable(req); err != nil {
		return nil, err
	}
	sent := req.Clone(req.Context())
	if sent.Header.Get("Accept-Encoding") == "" {
		sent.Header.Set("Accept-Encoding", "gzip")
	}
	if req.Body != nil && req.Body != http.NoBody {
		body, err := io.ReadAll(req.Body) // Write would hide what its error is
		if err != nil {
			return nil, err
		}
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	var wire bytes.Buffer
	if err := sent.Write(&wire); err != nil {
		return nil, err
	}
	received, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, err
	}
	received.RemoteAddr = "127.0.0.1:0"
	return received.WithContext(req.Context()), nil
}

// checkSendable finds what http.Transport refuses and http.Request.Write does not. Like there, no header's value is in
// the error.
func checkSendable(req *http.Request) error {
	switch {
	case req.URL == nil || req.Header == nil:
		return errors.New("http: nil Request.URL or Request.Header")
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return fmt.Errorf("unsupported protocol scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("http: no Host in request URL")
	}
	for name, values := range req.Header {
		if !isField(name, values) {
			return fmt.Errorf("net/http: invalid header field %q", name)
		}
	}
	return nil
}

// isField reports whether HTTP can carry a header field (RFC 9110, sections 5.1 and 5.5).
func isField(name string, values []string) bool {
	const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	isControl := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	return name != "" && strings.Trim(name, tchar) == "" && !strings.ContainsFunc(strings.Join(values, ""), isControl)
}

// serve reports whether the handler broke the connection.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		p := recover()
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// responseWriter is the http.ResponseWriter of a request in memory.
type responseWriter struct {
	header http.Header
	sent   http.Header // header as it was when the status was written
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements io.Writer.
func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush implements http.Flusher: what is written is with the client already.
func (w *responseWriter) Flush() {}

// response is what the client gets to see.
func (w *responseWriter) response(req *http.Request, truncated bool) *http.Response {
	for name, values := range w.sent {
		if len(values) == 0 {
			delete(w.sent, name)
		}
	}
	length, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	body := &responseBody{ctx: req.Context(), data: &w.body, end: io.EOF}
	if truncated {
		body.end = io.ErrUnexpectedEOF
	}
	if req.Method == http.MethodHead {
		body.data = &bytes.Buffer{}
	}
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: length, Request: req,
	}
}

// responseBody is a body that ends with its request's context.
type responseBody struct {
	ctx  context.Context
	data *bytes.Buffer
	end  error
}

// Read implements io.Reader.
func (b *responseBody) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	n, err := b.data.Read(p)
	if err == io.EOF {
		err = b.end
	}
	return n, err
}

// Close implements io.Closer.
func (*responseBody) Close() error { return nil }

// unzip has the body decompressed as it is read, as http.Transport does if it asked for gzip by itself.
func unzip(resp *http.Response) {
	resp.Body = &gunzip{compressed: resp.Body}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = -1, true
}

type gunzip struct {
	compressed io.ReadCloser
	reader     *gzip.Reader
	err        error
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	if g.reader == nil && g.err == nil {
		g.reader, g.err = gzip.NewReader(g.compressed)
	}
	if g.err != nil {
		return 0, g.err
	}
	return g.reader.Read(p)
}

// Close implements io.Closer.
func (g *gunzip) Close() error { return g.compressed.Close() }
