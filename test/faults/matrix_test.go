package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

// fault is what befalls an attempt, and how the call ends if each of its attempts meets that.
type fault struct {
	dial   dialer                 // nil for connections that work
	server []roomtokenstest.Fault // of the server, one after the other
	takes  time.Duration          // how long the attempt lasts
	want   outcome
}

// outcome is an error; without a text, it is a token.
type outcome struct {
	text   string
	status int
	is     []error // all of knownErrors that the error matches
}

var errHungUp = errors.New("the participant hung up")

func knownErrors() []error {
	return []error{
		context.Canceled, context.DeadlineExceeded, errHungUp, io.EOF, io.ErrUnexpectedEOF,
		syscall.ECONNREFUSED, syscall.ECONNRESET, roomtokens.ErrForbidden, roomtokens.ErrInvalidRequest,
		roomtokens.ErrInvalidResponse, roomtokens.ErrNotFound, roomtokens.ErrRateLimited, roomtokens.ErrServer,
		roomtokens.ErrUnauthorized,
	}
}

// Where a connection breaks, in bytes: the header of either response is longer than inHeader and shorter than inBody,
// and there are more than 20 bytes after that.
const (
	inHeader = 100
	inBody   = 700
)

// faults leaves those that a real socket can show to TestSockets, and the retries of each status to package roomtokens.
func faults() map[string]fault {
	const attemptTimeout = 15 * time.Second
	server := func(name string) []roomtokenstest.Fault { return []roomtokenstest.Fault{roomtokenstest.Faults()[name]} }
	delay := []roomtokenstest.Fault{{Name: "delay", Delay: time.Hour}}
	timedOut := outcome{text: "attempt timed out after 15s", is: []error{context.DeadlineExceeded}}
	timedOutReading := timedOut
	timedOutReading.status = 201
	wasReset := outcome{text: "connection reset by peer", is: []error{syscall.ECONNRESET}}
	cut := func(cause error) outcome {
		return outcome{text: "body is cut short", status: 201, is: []error{cause, roomtokens.ErrInvalidResponse}}
	}
	eof := outcome{text: "EOF", is: []error{io.EOF}}
	unexpectedEOF := outcome{text: "unexpected EOF", is: []error{io.ErrUnexpectedEOF}}
	return map[string]fault{
		"none":                     {},
		"slow header, within time": {dial: after(inHeader, slow(4096, 10*time.Second)), takes: 10 * time.Second},
		"slow body, within time":   {dial: after(inBody, slow(4096, 10*time.Second)), takes: 10 * time.Second},

		"connection refused":       {dial: refused, want: outcome{text: "refused", is: []error{syscall.ECONNREFUSED}}},
		"stalled dial":             {dial: stalledDial, takes: attemptTimeout, want: timedOut},
		"reset before the header":  {dial: after(0, reset), want: wasReset},
		"reset in the header":      {dial: after(inHeader, reset), want: wasReset},
		"reset in the body":        {dial: after(inBody, reset), want: cut(syscall.ECONNRESET)},
		"closed before the header": {server: server("reset"), want: eof},
		"closed in the header":     {dial: after(inHeader, closed), want: unexpectedEOF},
		"closed in the body":       {server: server("truncate"), want: cut(io.ErrUnexpectedEOF)},
		"stalled before header":    {server: delay, takes: attemptTimeout, want: timedOut},
		"stalled in the header":    {dial: after(inHeader, stalled), takes: attemptTimeout, want: timedOut},
		"stalled in the body":      {dial: after(inBody, stalled), takes: attemptTimeout, want: timedOutReading},
		"slow header":              {dial: after(0, slow(1, time.Second)), takes: attemptTimeout, want: timedOut},
		"slow body":                {dial: after(inBody, slow(1, time.Second)), takes: attemptTimeout, want: timedOutReading},
	}
}

// TestMatrix has every fault meet both operations: without retries, with them, and gone by the first retry.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		for _, row := range []struct{ times, retries int }{{1, 0}, {3, 2}, {1, 2}} {
			t.Run(fmt.Sprintf("%s/%d times, %d retries", name, row.times, row.retries), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for _, operation := range operations() {
						f.run(t, operation, row.times, row.retries)
					}
				})
			})
		}
	}
}

// run has the first attempts meet the fault: times in all.
func (f fault) run(t *testing.T, operation api.Operation, times, retries int) {
	t.Helper()
	w := newWorld(t, f, times, retries)
	token, took, err := w.call(t.Context(), operation)
	attempts, failures := times, times
	switch {
	case f.want.text == "":
		attempts, failures = 1, 1
	case times <= retries:
		attempts = times + 1
		f.want = outcome{}
	}
	requireOutcome(t, w, f.want, operation, attempts, token, err)
	// The waits between attempts are random, up to 500 ms and then up to a second, and at least half of that.
	waits := time.Duration(1<<(attempts-1)-1) * 500 * time.Millisecond
	require.GreaterOrEqual(t, took, time.Duration(failures)*f.takes+waits/2)
	require.LessOrEqual(t, took, time.Duration(failures)*f.takes+waits)
}

func requireOutcome(
	t *testing.T, w *world, want outcome, operation api.Operation, attempts int, token secret.String, err error,
) {
	t.Helper()
	require.Equal(t, attempts, w.attempts, "attempts")
	if want.text == "" {
		require.NoError(t, err)
		_, err := w.server.Verify(token)
		require.NoError(t, err)
		return
	}
	require.Empty(t, token)
	failed, ok := errors.AsType[*roomtokens.Error](err)
	require.True(t, ok, "%v is an *Error", err)
	require.Equal(t, want.status, failed.StatusCode)
	require.Equal(t, operation, failed.Operation)
	require.Equal(t, attempts, failed.Attempts)
	require.ErrorContains(t, err, want.text)
	for _, known := range knownErrors() {
		require.Equal(t, slices.Contains(want.is, known), errors.Is(err, known), "%q is %q", err, known)
	}
	for _, hidden := range []string{w.server.APIKey(), string(w.refreshToken), "eyJ"} {
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, failed), hidden)
	}
}

// interruption is the end of a context at some time of a call.
type interruption struct {
	fault    fault // its outcome matches the context's error as well
	after    time.Duration
	attempts int
	waits    bool // between attempts, where a deadline would have ended the call before, and no cause is looked for
}

func interruptions() map[string]interruption {
	const soon = 3 * time.Second
	busy := roomtokenstest.Fault{Name: "busy", Status: 503, Header: http.Header{"Retry-After": {"2"}}}
	delay := roomtokenstest.Fault{Name: "delay", Delay: time.Hour}
	return map[string]interruption{
		"before the call":   {attempts: 1},
		"while dialing":     {fault: fault{dial: stalledDial}, after: soon, attempts: 1},
		"before the header": {fault: fault{server: []roomtokenstest.Fault{delay}}, after: soon, attempts: 1},
		"in the header":     {fault: fault{dial: after(inHeader, stalled)}, after: soon, attempts: 1},
		"in the body": {
			fault: fault{dial: after(inBody, slow(1, time.Second)), want: outcome{status: 201}}, after: soon, attempts: 1,
		},
		"in the second attempt": {
			fault: fault{server: []roomtokenstest.Fault{busy, delay}}, after: soon, attempts: 2,
		},
		"after a response": {
			fault: fault{
				server: []roomtokenstest.Fault{busy}, want: outcome{status: 503, is: []error{roomtokens.ErrServer}},
			},
			after: time.Second, attempts: 1, waits: true,
		},
		"after no response": {
			fault: fault{dial: refused, want: outcome{is: []error{syscall.ECONNREFUSED}}},
			after: 1, attempts: 1, waits: true,
		},
	}
}

// ending is how a context ends.
type ending struct{ is, cause error }

func (e ending) context(parent context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	if errors.Is(e.is, context.DeadlineExceeded) {
		return context.WithTimeoutCause(parent, after, e.cause)
	}
	ctx, cancel := context.WithCancelCause(parent)
	if after == 0 {
		cancel(e.cause)
	}
	time.AfterFunc(after, func() { cancel(e.cause) })
	return ctx, func() { cancel(nil) }
}

// TestInterruptions has both operations interrupted by every ending: there is no retry, although there may be two.
func TestInterruptions(t *testing.T) {
	t.Parallel()
	for name, row := range interruptions() {
		for _, e := range []ending{
			{context.Canceled, nil},
			{context.Canceled, errHungUp},
			{context.DeadlineExceeded, nil},
			{context.DeadlineExceeded, errHungUp},
		} {
			if row.waits && e != (ending{context.Canceled, nil}) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v, cause %v", name, e.is, e.cause), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for _, operation := range operations() {
						row.run(t, e, operation)
					}
				})
			})
		}
	}
}

func (i interruption) run(t *testing.T, e ending, operation api.Operation) {
	t.Helper()
	w := newWorld(t, i.fault, 1, 2)
	ctx, cancel := e.context(t.Context(), i.after)
	defer cancel()
	want := i.fault.want
	want.text = string(operation)
	want.is = append(slices.Clone(want.is), e.is)
	if e.cause != nil {
		want.is = append(want.is, e.cause)
	}
	token, took, err := w.call(ctx, operation)
	require.Equal(t, i.after, took)
	requireOutcome(t, w, want, operation, i.attempts, token, err)
}
