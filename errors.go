package roomtokens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

const (
	// maxErrorBodyBytes is how much of a response's body an Error keeps.
	maxErrorBodyBytes = 8 << 10
	// maxRequestIDBytes is the longest request id that an Error keeps.
	maxRequestIDBytes = 80
)

// Sentinels for errors.Is. Each comes with an [*Error] for errors.As or, where nothing was sent, with an
// [*InvalidRequestError].
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
	// Operation is the operation in the spec.
	Operation api.Operation
	// StatusCode is the HTTP status; zero where there was no response. Unwrap then returns the reason.
	StatusCode int
	// Problems are the reasons that the body gave, in its order. The forms understood are an envelope {"errors": […]},
	// a bare video_Error, {"success": false, "message": "…"} and application/problem+json (RFC 9457). Where a form has
	// no code, Code is empty. There are at most ten; those of a body of over 8 KiB have no Meta, and at most 300 bytes in
	// each field. Of a body in any other form, Error.Error shows the beginning.
	Problems []api.VideoError
	// RequestID is the response's X-Request-Id, for Telnyx's support; empty where there is none.
	RequestID string
	// RetryAfter is how long the server asked to wait: Retry-After or, on 429, X-Ratelimit-Reset; zero where it did not.
	RetryAfter time.Duration
	// RateLimit holds the response's rate-limit figures.
	RateLimit RateLimit
	// Attempts is how many requests the call took.
	Attempts int

	detail string        // what Error says after the status
	cause  error         // why there was no response, or what cut its body short
	body   func() []byte // a function, so that fmt does not print the bytes
}

// RateLimit is what the headers X-Ratelimit-Limit, -Remaining and -Reset say. A figure that is missing or is not a
// whole number from zero up is zero.
type RateLimit struct {
	Limit     int           // requests in a window
	Remaining int           // requests left in this window
	Reset     time.Duration // until the next window begins, counted from the response
}

// Body returns a copy of the first 8 KiB of the response's body. It may hold a token: do not log it.
func (e *Error) Body() []byte {
	if e.body == nil {
		return nil
	}
	return e.body()
}

// Error returns one line of at most 300 bytes: the operation, the status or why there is none, the first problem or
// else the body, if that is JSON or plain text, and the request id.
func (e *Error) Error() string {
	text := "roomtokens: " + string(e.Operation)
	if e.StatusCode != 0 {
		text += strings.TrimSuffix(fmt.Sprintf(": %d %s", e.StatusCode, http.StatusText(e.StatusCode)), " ")
	}
	if e.detail != "" {
		text += ": " + e.detail
	}
	tail := ""
	if e.RequestID != "" {
		tail += ", request id " + oneLine(e.RequestID, maxRequestIDBytes)
	}
	if e.Attempts > 1 {
		tail += fmt.Sprintf(", %d attempts", e.Attempts)
	}
	return oneLine(text, maxErrorTextBytes-len(tail)) + tail
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

// Unwrap returns why there was no response, what cut its body short, or why there was no key for a retry: a network
// error, [context.Canceled], [context.DeadlineExceeded] or the error of a key function. It is nil where the response
// arrived whole.
func (e *Error) Unwrap() error { return e.cause }

// newError describes a result, without the secrets that its request held. The reason says what about a 2xx breaks the
// spec.
func newError(result *exchange.Result, reason string) *Error {
	redact, header := newRedactor(result), result.Header()
	body := bytes.Clone(result.Body[:min(len(result.Body), maxErrorBodyBytes)])
	problems, text := problemsOf(result, redact)
	cause := redact.error(result.Err)
	return &Error{
		Operation:  result.Operation,
		StatusCode: result.Status(),
		Problems:   problems,
		RequestID:  requestID(result, redact),
		RateLimit: RateLimit{
			Limit:     headerInt(header, "X-Ratelimit-Limit"),
			Remaining: headerInt(header, "X-Ratelimit-Remaining"),
			Reset:     exchange.RateLimitReset(header, result.ReceivedAt),
		},
		RetryAfter: exchange.ServerWait(result.Status(), header, result.ReceivedAt),
		Attempts:   result.Attempts,
		detail:     detailOf(reason, cause, problems, text),
		cause:      cause,
		body:       func() []byte { return bytes.Clone(body) },
	}
}

// invalidResponse returns the error for a 2xx that breaks the spec.
func invalidResponse(result *exchange.Result, reason string) *Error {
	return newError(result, fmt.Sprintf("%v: %s", ErrInvalidResponse, reason))
}

// detailOf joins what an Error says after the status.
func detailOf(reason string, cause error, problems []api.VideoError, text string) string {
	var parts []string
	if reason != "" {
		parts = append(parts, reason)
	}
	if cause != nil {
		parts = append(parts, cause.Error())
	}
	if len(problems) > 0 {
		parts = append(parts, problemText(problems))
	}
	if text != "" {
		parts = append(parts, text)
	}
	return oneLine(strings.Join(parts, ": "), maxErrorTextBytes)
}

// InvalidRequestError is a call whose input was refused before anything was sent. It matches [ErrInvalidRequest].
type InvalidRequestError struct {
	// Operation is the operation in the spec; empty for a request of the generated client that is of none.
	Operation api.Operation
	// Parameter is the spec's name of the parameter that was refused: room_id, token_ttl_secs, refresh_token_ttl_secs or
	// refresh_token. It is empty where it was something else, such as the API key or what a request editor made.
	Parameter string
	// Reason says what was refused, and what is allowed: "token_ttl_secs is 5, must be at least 10". It holds no secret.
	Reason string
}

// Error returns the reason, as an invalid request.
func (e *InvalidRequestError) Error() string { return ErrInvalidRequest.Error() + ": " + e.Reason }

// Is reports whether target is [ErrInvalidRequest].
func (*InvalidRequestError) Is(target error) bool { return target == ErrInvalidRequest }

// invalidOption says why New or TokenSource refuses an option.
func invalidOption(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
}

// wrapError names what failed: the operation whose request was not sent, or the TokenSource.
func wrapError(operation api.Operation, err error) error {
	return fmt.Errorf("roomtokens: %s: %w", operation, err)
}

// requestID returns the id that the server gave the request, if it is short enough to be one.
func requestID(result *exchange.Result, redact redactor) string {
	id := result.Header().Get("X-Request-Id")
	if len(id) > maxRequestIDBytes {
		return ""
	}
	return oneLine(redact.text(id), maxRequestIDBytes)
}

// headerInt reads a whole number from zero up; anything else is zero.
func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(exchange.FirstNumber(h, name))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
