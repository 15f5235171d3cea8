package faults_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
)

// socketFault is what the server does to the calls for a room, and what is to become of them.
type socketFault struct {
	name     string
	share    int           // of the calls that have a fault
	patience time.Duration // the caller's deadline; zero for none
	serve    func(s *socketServer, w http.ResponseWriter, req *http.Request, attempt int64)
	status   int   // of the *Error; 0 for an error that is none, 201 without is for a token
	is       error // what the error matches
	attempts int
}

// roomFor gives three calls in ten a fault, each fault in its turn. The room's first byte says which, the last ones
// make it the call's own.
func roomFor(call int64) uuid.UUID {
	room := uuid.UUID{6: 0x40, 8: 0x80}
	binary.BigEndian.PutUint32(room[12:], uint32(call))
	if call%10 >= 3 {
		return room
	}
	var turns []byte
	for i, fault := range socketFaults() {
		turns = append(turns, bytes.Repeat([]byte{byte(i)}, fault.share)...)
	}
	room[0] = turns[(call/10*3+call%10)%int64(len(turns))]
	return room
}

func faultOf(room uuid.UUID) socketFault { return socketFaults()[room[0]] }

func socketFaults() []socketFault {
	return []socketFault{
		{name: "none", serve: socketReply(201), status: 201, attempts: 1},
		{name: "403", share: 4, serve: socketReply(403), status: 403, is: roomtokens.ErrForbidden, attempts: 1},
		{name: "404", share: 2, serve: socketReply(404), status: 404, is: roomtokens.ErrNotFound, attempts: 1},
		{name: "307", share: 2, serve: socketReply(307), status: 307, attempts: 1},
		{name: "429", share: 4, serve: socketReply(429), status: 429, is: roomtokens.ErrRateLimited, attempts: 2},
		{name: "502", share: 4, serve: socketReply(502), status: 502, is: roomtokens.ErrServer, attempts: 2},
		{name: "503, then 201", share: 6, serve: socketReply(503, 201), status: 201, attempts: 2},
		{
			name:     "503, then 422",
			share:    2,
			serve:    socketReply(503, 422),
			status:   422,
			is:       roomtokens.ErrInvalidRequest,
			attempts: 2,
		},
		{name: "connection lost", share: 2, serve: socketHangUp(-1), attempts: 2},
		{
			name:     "response cut",
			share:    2,
			serve:    socketHangUp(20),
			status:   201,
			is:       roomtokens.ErrInvalidResponse,
			attempts: 2,
		},
		{
			name:     "truncated JSON",
			share:    4,
			serve:    socketTruncated,
			status:   201,
			is:       roomtokens.ErrInvalidResponse,
			attempts: 1,
		},
		{name: "too large", share: 1, serve: socketHuge, status: 201, is: roomtokens.ErrInvalidResponse, attempts: 1},
		{
			name:     "stalled",
			share:    1,
			serve:    socketStall,
			patience: 50 * time.Millisecond,
			is:       context.DeadlineExceeded,
			attempts: 1,
		},
	}
}

// check says in what the result is not the fault's.
func (f socketFault) check(room uuid.UUID, token string, err error) error {
	if f.status == 201 && f.is == nil {
		if err != nil || token != room.String() {
			return fmt.Errorf("token %q, error %w", token, err)
		}
		return nil
	}
	failed, ok := errors.AsType[*roomtokens.Error](err)
	switch {
	case err == nil, token != "", !ok, f.is != nil && !errors.Is(err, f.is):
		return fmt.Errorf("token %q, error %w", token, err)
	case failed.StatusCode != f.status || f.status != 0 && failed.Attempts != f.attempts:
		return fmt.Errorf("%d attempts, error %w", failed.Attempts, err)
	}
	return nil
}

// socketReply responds the attempts with the statuses in order, and repeats the last one.
func socketReply(statuses ...int) func(*socketServer, http.ResponseWriter, *http.Request, int64) {
	return func(_ *socketServer, w http.ResponseWriter, req *http.Request, attempt int64) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "https://127.0.0.1:1/")
		w.WriteHeader(statuses[min(attempt, int64(len(statuses)))-1])
		io.WriteString(w, socketBody(req))
	}
}

func socketBody(req *http.Request) string {
	return `{"data":{"token":"` + req.Header.Get("X-Room") + `","token_expires_at":"2026-01-01T00:10:00Z"}}`
}

// socketHangUp ends the stream after so many bytes of the body, or before the header.
func socketHangUp(size int) func(*socketServer, http.ResponseWriter, *http.Request, int64) {
	return func(s *socketServer, w http.ResponseWriter, req *http.Request, _ int64) {
		s.countBroken(req)
		if size >= 0 {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(socketBody(req))))
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, socketBody(req)[:size])
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

func socketTruncated(_ *socketServer, w http.ResponseWriter, req *http.Request, _ int64) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, socketBody(req)[:60])
}

// socketHuge sends 1.5 MiB, of which the client reads 1 MiB and then gives up the stream.
func socketHuge(s *socketServer, w http.ResponseWriter, req *http.Request, _ int64) {
	s.countBroken(req)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	part := make([]byte, 64<<10)
	for range 24 {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

func socketStall(s *socketServer, w http.ResponseWriter, req *http.Request, _ int64) {
	s.countBroken(req)
	silence(w, req)
}

// countBroken notes that HTTP/1.1, which has no streams, is about to lose the connection.
func (s *socketServer) countBroken(req *http.Request) {
	if req.ProtoMajor == 1 {
		s.broken.Add(1)
	}
}
