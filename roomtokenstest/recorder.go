package roomtokenstest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
)

// recorder is the http.ResponseWriter of a request in memory.
type recorder struct {
	header http.Header
	sent   http.Header // header as it was when the status was written
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Flush implements http.Flusher: what is written is with the client already.
func (r *recorder) Flush() {}

// response is what the client gets to see.
func (r *recorder) response(req *http.Request, truncated bool) *http.Response {
	for name, values := range r.sent {
		if len(values) == 0 {
			delete(r.sent, name)
		}
	}
	length, err := strconv.ParseInt(r.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	body := &body{ctx: req.Context(), data: &r.body, end: io.EOF}
	if truncated {
		body.end = io.ErrUnexpectedEOF
	}
	if req.Method == http.MethodHead {
		body.data = &bytes.Buffer{}
	}
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.sent, Body: body, ContentLength: length, Request: req,
	}
}

// body is a response's body, which ends with its request's context.
type body struct {
	ctx  context.Context
	data *bytes.Buffer
	end  error
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
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
func (*body) Close() error { return nil }

// unzip has the body decompressed as it is read, as http.Transport does where it asked for gzip by itself.
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
