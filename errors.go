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

const (
	// maxErrorBodyBytes is how much of a response's body an Error keeps.
	maxErrorBodyBytes = 64 << 10
	// maxRequestIDBytes is the longest request id that an Error keeps.
	maxRequestIDBytes = 80
	// maxErrorTextBytes bounds the line that Error.Error returns.
	maxErrorTextBytes = 300
)

// Sentinels for errors.Is. Each comes with an [*Error] for errors.As, except the ErrInvalidRequest of a request that
// was not sent.
var (
	// ErrUnauthorized is status 401: the API key, or the refresh token, is not known.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is status 403: the credential does not permit this.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is status 404: there is no such room.
	ErrNotFound = errors.New("not found")
	// ErrInvalidRequest is status 400 or 422, or an input that this package refused before sending anything.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrRateLimited is status 429: too many requests. [Error.RetryAfter] may say when to try again.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer is any status from 500 to 599.
	ErrServer = errors.New("server error")
	// ErrInvalidResponse is a status from 200 to 299 with a response that the spec does not allow.
	ErrInvalidResponse = errors.New("invalid response")
)

// Error is a call that was sent and did not end in the documented 201 with a token in a JSON body: another response, or
// none. Neither its fields nor its text hold a key or a token, whatever the server echoed: what looks like one reads
// [REDACTED].
type Error struct {
	// Operation is the operation id in the spec.
	Operation string
	// StatusCode is the HTTP status; zero where there was no response. Unwrap then returns the reason.
	StatusCode int
	// Problems are the reasons that the body gave, in its order. The forms understood are an envelope {"errors": […]},
	// a bare video_Error, {"success": false, "message": "…"} and application/problem+json (RFC 9457). Where a form has
	// no code, Code is empty. Of a body in any other form, Error.Error shows the beginning.
	Problems []api.VideoError
	// RequestID is the response's X-Request-Id, for Telnyx's support; empty where there is none.
	RequestID string
	// RetryAfter is how long the server asked to wait: Retry-After or, on 429, X-Ratelimit-Reset; zero where it did not.
	RetryAfter time.Duration
	// RateLimit holds the response's rate-limit figures.
	RateLimit RateLimit
	// Attempts is how many requests the call took.
	Attempts int

	reason string        // what about a 2xx breaks the spec
	cause  error         // why there was no response, or what cut its body short
	text   string        // of a body that Problems does not explain
	body   func() []byte // a function, so that fmt does not print the bytes
}

// RateLimit is what the headers X-Ratelimit-Limit, -Remaining and -Reset say. A figure that is missing or is not a
// whole number from zero up is zero.
type RateLimit struct {
	Limit     int           // requests in a window
	Remaining int           // requests left in this window
	Reset     time.Duration // until the next window begins, counted from the response
}

// Body returns a copy of the first 64 KiB of the response's body. It may hold a token: do not log it.
func (e *Error) Body() []byte {
	if e.body == nil {
		return nil
	}
	return e.body()
}

// Error returns one line of at most 300 bytes: the operation, the status or why there is none, the first problem or
// else the body, if that is JSON or plain text, and the request id.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "roomtokens: %s", e.Operation)
	if e.StatusCode != 0 {
		b.WriteString(strings.TrimSuffix(fmt.Sprintf(": %d %s", e.StatusCode, http.StatusText(e.StatusCode)), " "))
	}
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
	if e.text != "" {
		fmt.Fprintf(&b, ": %s", e.text)
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

// Unwrap returns why there was no response, or what cut its body short: a network error, [context.Canceled] or
// [context.DeadlineExceeded]. It is nil where the response arrived whole.
func (e *Error) Unwrap() error { return e.cause }

// newError describes resp, without the secrets that its request held.
func newError(resp *response) *Error {
	redact, header := newRedactor(resp), resp.header()
	body := bytes.Clone(resp.body[:min(len(resp.body), maxErrorBodyBytes)])
	problems, text := resp.reasons(redact)
	return &Error{
		Operation:  string(resp.operation),
		StatusCode: resp.status(),
		Problems:   problems,
		RequestID:  requestID(resp, redact),
		RateLimit: RateLimit{
			Limit:     headerInt(header, "X-Ratelimit-Limit"),
			Remaining: headerInt(header, "X-Ratelimit-Remaining"),
			Reset:     rateLimitReset(header, resp.receivedAt),
		},
		RetryAfter: serverWait(resp.status(), header, resp.receivedAt),
		Attempts:   resp.attempts,
		cause:      redact.error(resp.err),
		text:       text,
		body:       func() []byte { return bytes.Clone(body) },
	}
}

// wrapError names what failed: the operation whose request was not sent, or the TokenSource.
func wrapError(operation api.Operation, err error) error {
	return fmt.Errorf("roomtokens: %s: %w", operation, err)
}

// invalid says why something was refused before it was sent.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
}

// requestID returns the id that the server gave the request, if it is short enough to be one.
func requestID(resp *response, redact redactor) string {
	id := resp.header().Get("X-Request-Id")
	if len(id) > maxRequestIDBytes {
		return ""
	}
	return oneLine(redact.text(id), maxRequestIDBytes)
}

// headerInt reads a whole number from zero up; anything else is zero.
func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// headerSeconds reads a decimal number of seconds from zero up, rounded up to a whole one and at most what a Duration
// can hold; anything else is zero. RFC 9110 has whole numbers only, but servers send others.
func headerSeconds(h http.Header, name string) time.Duration {
	value := h.Get(name)
	seconds, err := strconv.ParseFloat(value, 64)
	if strings.Trim(value, "0123456789.") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(math.Ceil(seconds), float64(math.MaxInt64/int64(time.Second)))) * time.Second
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
