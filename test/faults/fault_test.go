// Package faults_test holds the client against networks and servers that fail: a matrix of faults and a soak of sources
// in virtual time, calls over real sockets on loopback, and bounds on memory.
package faults_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"syscall"

	"github.com/roomtokens/roomtokens-go"
)

// fault is what the network and the server do to each attempt.
type fault struct {
	refusal     func(ctx context.Context) error // instead of a connection
	certificate certificate                     // nil for no TLS
	serve       serveFunc
}

// serveFunc responds a request, given how many there have been.
type serveFunc func(w http.ResponseWriter, req *http.Request, count int)

// knownErrors are what an error's outcome lists, and what else it must not match.
func knownErrors() []error {
	return []error{
		context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET,
		roomtokens.ErrForbidden, roomtokens.ErrInvalidRequest, roomtokens.ErrInvalidResponse, roomtokens.ErrNotFound,
		roomtokens.ErrRateLimited, roomtokens.ErrServer, roomtokens.ErrUnauthorized,
	}
}

// goodBody serves both operations.
const goodBody = `{"data":{"token":"t.o.k","token_expires_at":"2000-01-01T00:10:00Z",` +
	`"refresh_token":"r.e.f","refresh_token_expires_at":"2000-01-01T01:00:00Z"}}`

func succeed(w http.ResponseWriter, _ *http.Request, _ int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, goodBody)
}

// reply responds with a status, a body and headers, given as name and value by turns.
func reply(status int, body string, headers ...string) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// first has the first request served in another way than those after it.
func first(serve, after serveFunc) serveFunc {
	return func(w http.ResponseWriter, req *http.Request, count int) {
		if count == 1 {
			serve(w, req, count)
			return
		}
		after(w, req, count)
	}
}

// partly sends the head of a 201 and so many bytes of its body, and then does as end says.
func partly(size int, end func(http.ResponseWriter, *http.Request)) serveFunc {
	return func(w http.ResponseWriter, req *http.Request, _ int) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(goodBody)))
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, goodBody[:size])
		w.(http.Flusher).Flush()
		end(w, req)
	}
}

func silence(_ http.ResponseWriter, req *http.Request) {
	<-req.Context().Done()
	panic(http.ErrAbortHandler) // to return would be to response 200, which may yet overtake the client's end
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(fmt.Errorf("hijack: %w", err))
	}
	conn.(*farEnd).reset()
}

// huge responds with 200 MiB, a piece at a time. A gzip stream may consist of pieces that are streams themselves.
func huge(status int, compressed bool) serveFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		const pieces = 200
		w.Header().Set("Content-Type", "application/json")
		piece := make([]byte, 1<<20)
		if compressed {
			w.Header().Set("Content-Encoding", "gzip")
			var packed bytes.Buffer
			packer := gzip.NewWriter(&packed)
			packer.Write(piece)
			packer.Close()
			piece = packed.Bytes()
		}
		w.Header().Set("Content-Length", strconv.Itoa(pieces*len(piece)))
		w.WriteHeader(status)
		for range pieces {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
}
