package roomtokenstest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// HTTPClient returns a client that calls the server in memory, whatever host a URL names. A request runs in its caller's
// goroutine and leaves none behind, so that it works in a bubble of testing/synctest. Broken connections, gzip and the end
// of a context look as they do with [http.Transport].
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
	rec := &recorder{header: http.Header{}}
	inbound := serverRequest(req)
	aborted := serve(t.handler, rec, inbound)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if aborted && rec.status == 0 {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	resp := rec.response(req, aborted)
	if req.Header.Get("Accept-Encoding") == "" && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		unzip(resp)
	}
	return resp, nil
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

// serverRequest is req as a server gets it, with what http.Transport adds on the way.
func serverRequest(req *http.Request) *http.Request {
	in := req.Clone(req.Context())
	in.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery, ForceQuery: req.URL.ForceQuery}
	in.RequestURI, in.RemoteAddr = req.URL.RequestURI(), "127.0.0.1:0"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	setDefault(in.Header, "User-Agent", "Go-http-client/1.1")
	setDefault(in.Header, "Accept-Encoding", "gzip")
	return in
}

func setDefault(h http.Header, name, value string) {
	if len(h[name]) == 0 {
		h[name] = []string{value}
	}
}
