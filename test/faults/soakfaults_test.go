package faults_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"syscall"
	"testing/iotest"
	"time"
)

// faultRate is how many requests fail, outages apart.
const faultRate = 0.1

// soakFault is one way in which a request fails for the time being. None waits so long that fewer than three of them
// fill the minute that a fetch has.
type soakFault func(*room, *http.Request) (*http.Response, error)

func soakFaults() []soakFault {
	return []soakFault{refusedInSoak, stalledInSoak, unavailable, tooMany, resetInSoak, cutInSoak}
}

func refusedInSoak(*room, *http.Request) (*http.Response, error) {
	return nil, opError("dial", syscall.ECONNREFUSED)
}

func resetInSoak(*room, *http.Request) (*http.Response, error) {
	return nil, opError("read", syscall.ECONNRESET)
}

func stalledInSoak(_ *room, req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, context.Cause(req.Context())
}

func unavailable(r *room, _ *http.Request) (*http.Response, error) {
	return r.reply(http.StatusServiceUnavailable, ""), nil
}

func tooMany(r *room, _ *http.Request) (*http.Response, error) {
	resp := r.reply(http.StatusTooManyRequests, "")
	resp.Header.Set("Retry-After", strconv.Itoa(1+time.Now().Second()%5))
	return resp, nil
}

// cutInSoak loses the connection in the middle of a 201.
func cutInSoak(r *room, _ *http.Request) (*http.Response, error) {
	resp := r.reply(http.StatusCreated, "")
	resp.Body = io.NopCloser(iotest.ErrReader(opError("read", syscall.ECONNRESET)))
	return resp, nil
}
