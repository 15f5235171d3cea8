package roomtokens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/roomtokens/roomtokens-go/api"
)

// What went wrong, for errors.Is. An [*Error] comes with all of them, for errors.As, but where nothing was sent
// (ErrInvalidRequest) and where a [TokenSource] cannot use a token for the lifetime that it was given (ErrInvalidResponse).
var (
	// ErrUnauthorized is status 401: the API key, or the refresh token, is not known.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is status 403: the credential does not permit this.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is status 404: there is no such room.
	ErrNotFound = errors.New("not found")
	// ErrInvalidRequest is status 400 or 422, or an input that this package refused before sending anything.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrRateLimited is status 429: too many requests. [Error.RateLimit] may say when to try again.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer is any status from 500 to 599.
	ErrServer = errors.New("server error")
	// ErrInvalidResponse is a status from 200 to 299 with an answer that the spec does not know.
	ErrInvalidResponse = errors.New("invalid response")
)

// Error is an answer other than the documented 201 with a token in a JSON body. Its fields come from the answer; neither
// they nor its text hold a key or a token, whatever the server echoed: what looks like one reads [REDACTED].
type Error struct {
	// Operation is the operation id in the spec.
	Operation string
	// StatusCode is the HTTP status.
	StatusCode int
	// Problems are the reasons that the body gave, in its order; empty where it held none. The forms understood are an
	// envelope {"errors": […]}, a bare video_Error, {"success": false, "message": "…"} and application/problem+json
	// (RFC 9457). Where a form has no code, Code is empty.
	Problems []api.VideoError
	// RequestID is the answer's X-Request-Id, for Telnyx's support; empty where there is none.
	RequestID string
	// RateLimit holds the answer's rate-limit figures.
	RateLimit RateLimit
	// Attempts is how many requests the call took, this answer's included.
	Attempts int

	reason string        // what about a 2xx breaks the spec
	cause  error         // what cut the answer short
	body   func() []byte // a function, since that is what package fmt never looks into
}

// RateLimit is what the headers X-Ratelimit-Limit, -Remaining and -Reset say. A figure that is missing or is not a whole
// number from zero up is zero.
type RateLimit struct {
	Limit     int           // requests in a window
	Remaining int           // requests left in this window
	Reset     time.Duration // until the next window begins, counted from the answer
}

// Body returns a copy of the first 64 KiB of the answer's body. It may hold a token: do not log it.
func (e *Error) Body() []byte {
	if e.body == nil {
		return nil
	}
	return e.body()
}

// Error returns one line of at most 300 bytes: the operation, the status, the first problem, the request id.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "roomtokens: %s: %d %s", e.Operation, e.StatusCode, http.StatusText(e.StatusCode))
	if e.reason != "" {
		fmt.Fprintf(&b, ": %v: %s", ErrInvalidResponse, e.reason)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	if len(e.Problems) > 0 {
		b.WriteString(": ")
		b.WriteString(problemText(e.Problems[0]))
	}
	if more := len(e.Problems) - 1; more > 0 {
		fmt.Fprintf(&b, " (and %d more)", more)
	}
	tail := ""
	if e.RequestID != "" {
		tail += ", request id " + oneLine(e.RequestID, maxRequestIDBytes)
	}
	if e.Attempts > 1 {
		tail += fmt.Sprintf(", %d attempts", e.Attempts)
	}
	return oneLine(b.String(), maxErrorTextBytes-len(tail)) + tail
}

// Is reports whether target is the sentinel for e's status.
func (e *Error) Is(target error) bool {
	switch {
	case e.StatusCode == http.StatusUnauthorized:
		return target == ErrUnauthorized
	case e.StatusCode == http.StatusForbidden:
		return target == ErrForbidden
	case e.StatusCode == http.StatusNotFound:
		return target == ErrNotFound
	case e.StatusCode == http.StatusBadRequest, e.StatusCode == http.StatusUnprocessableEntity:
		return target == ErrInvalidRequest
	case e.StatusCode == http.StatusTooManyRequests:
		return target == ErrRateLimited
	case 500 <= e.StatusCode && e.StatusCode <= 599:
		return target == ErrServer
	case 200 <= e.StatusCode && e.StatusCode <= 299:
		return target == ErrInvalidResponse && !isContextError(e.cause)
	}
	return false
}

// Unwrap returns what cut the answer short: a network error, [context.Canceled] or [context.DeadlineExceeded]. It is nil
// where the answer arrived whole.
func (e *Error) Unwrap() error { return e.cause }

// newError describes resp, freed of the secrets that the request carried.
func newError(operation string, resp *http.Response, answer *answer) *Error {
	scrub, head := newScrubber(resp.Request), answer.head()
	return &Error{
		Operation:  operation,
		StatusCode: resp.StatusCode,
		Problems:   decodeProblems(head, scrub),
		RequestID:  requestID(resp.Header, scrub),
		RateLimit: RateLimit{
			Limit:     headerInt(resp.Header, "X-Ratelimit-Limit"),
			Remaining: headerInt(resp.Header, "X-Ratelimit-Remaining"),
			Reset:     headerSeconds(resp.Header, "X-Ratelimit-Reset"),
		},
		Attempts: answer.attempts,
		cause:    scrub.error(answer.err),
		body:     func() []byte { return bytes.Clone(head) },
	}
}

// requestID returns the id that the server gave the request, if it is short enough to be one.
func requestID(h http.Header, scrub scrubber) string {
	id := h.Get("X-Request-Id")
	if len(id) > maxRequestIDBytes {
		return ""
	}
	return oneLine(scrub.text(id), maxRequestIDBytes)
}

// headerInt reads a whole number from zero up; anything else is zero.
func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// headerSeconds reads a whole number of seconds from zero up, held down to what a Duration can hold; anything else is zero.
func headerSeconds(h http.Header, name string) time.Duration {
	const most = math.MaxInt64 / int64(time.Second)
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(min(max(n, 0), most)) * time.Second
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// oneLine puts s on one line of printable text and cuts it to at most size bytes, at a character's end.
func oneLine(s string, size int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || !strconv.IsPrint(r) }), " ")
	if len(s) <= size {
		return s
	}
	const ellipsis = "…"
	cut := max(size-len(ellipsis), 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
