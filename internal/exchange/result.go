package exchange

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// MaxBodyBytes is how much of a response's body is read, after decompression. A create response is about 1.5 KB.
const MaxBodyBytes = 1 << 20

// ErrTooLarge ends the reading of a response.
var ErrTooLarge = errors.New("response is larger than 1 MiB")

// Result is the outcome of an attempt: a response whose body has been read, or an error in its place.
type Result struct {
	Call
	Attempts      int            // that the call has taken
	Request       *http.Request  // of this attempt
	Authorization string         // the header of that name, before middleware saw the request
	Response      *http.Response // nil where there was none
	Body          []byte
	Err           error    // why there was no response, or what cut its body short
	Earlier       []string // the Authorization headers of the attempts before

	SentAt, ReceivedAt time.Time

	progress progress
}

// Phase says what the attempt was doing when it failed: resolving the host, connecting, in the TLS handshake, reading
// the response, or waiting for a connection or for the response.
func (r *Result) Phase() string { return r.progress.phase().String() }

// Status returns the HTTP status, or zero where there was no response.
func (r *Result) Status() int {
	if r.Response == nil {
		return 0
	}
	return r.Response.StatusCode
}

// Header returns the response's header, which is nil where there was no response.
func (r *Result) Header() http.Header {
	if r.Response == nil {
		return nil
	}
	return r.Response.Header
}

// readBody reads at most MaxBodyBytes of resp's body and closes it. What follows the header of a 101 (Switching
// Protocols) is no body, and no context would end its reading.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil
	}
	var body bytes.Buffer
	body.Grow(2 << 10) // enough for most, in one allocation, whatever a server announces
	n, err := body.ReadFrom(io.LimitReader(resp.Body, MaxBodyBytes+1))
	if n > MaxBodyBytes {
		return body.Bytes()[:MaxBodyBytes], ErrTooLarge
	}
	return body.Bytes(), err
}
