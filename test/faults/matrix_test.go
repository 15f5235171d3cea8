package faults_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

// row is one fault and what becomes of a call under it.
type row struct {
	fault    fault
	cancel   time.Duration // after which the caller gives up; zero for never
	deadline time.Duration // of the caller; zero for none
	attempts int           // with the two retries that are the default; without them it is always one
	takes    time.Duration // how long each attempt that fails lasts
	wait     time.Duration // what the server asks for between attempts; zero where the client jitters
	want     outcome       // with retries
	once     *outcome      // without retries, where that differs
}

// outcome is how a call ends.
type outcome struct {
	status int           // 201 with nothing in is for a token, 0 for an error that is not an *Error
	is     []error       // all of knownErrors that the error matches, and no other
	text   string        // in the error's text
	after  time.Duration // since the call; zero for the moment at which the last attempt ended
}

func faultRows() map[string]row {
	rows := map[string]row{}
	for _, some := range []map[string]row{networkRows(), responseRows(), contextRows()} {
		maps.Copy(rows, some)
	}
	return rows
}

// TestFaultMatrix tries every fault with both operations, with retries and without.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for name, row := range faultRows() {
		for _, op := range operations() {
			t.Run(name+"/"+op.name+"/retries", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { row.run(t, op, row.attempts, row.want) })
			})
			t.Run(name+"/"+op.name+"/once", func(t *testing.T) {
				t.Parallel()
				want := row.want
				if row.once != nil {
					want = *row.once
				}
				synctest.Test(t, func(t *testing.T) { row.run(t, op, 1, want, roomtokens.WithMaxRetries(0)) })
			})
		}
	}
}

func (r row) run(t *testing.T, op operation, attempts int, want outcome, opts ...roomtokens.Option) {
	t.Helper()
	w := newWorld(t, r.fault, opts...)
	ctx, cancel := r.context(t)
	defer cancel()
	began := time.Now()
	token, err := op.call(ctx, w.client)
	took := time.Since(began)
	synctest.Wait()

	at := w.attempts(r.fault)
	require.Len(t, at, attempts, "attempts")
	r.requireWaits(t, at)
	if want.after == 0 {
		want.after = at[len(at)-1].Sub(began)
		if !want.isToken() {
			want.after += r.takes
		}
	}
	require.Equal(t, want.after, took, "the call's duration")
	w.requireSameRequests(t, op)
	if want.isToken() {
		require.NoError(t, err)
		require.EqualValues(t, "t.o.k", token)
	} else {
		require.Empty(t, token)
		want.require(t, err, op.name, attempts)
	}
	w.requireNothingLeft(t)
}

func (r row) context(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if r.cancel > 0 {
		time.AfterFunc(r.cancel, cancel)
	}
	if r.deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, r.deadline)
	}
	return ctx, cancel
}

// attempts says when each attempt began, where the fault lets it be seen.
func (w *world) attempts(f fault) []time.Time {
	var at []time.Time
	if f.refusal != nil || f.certificate != nil {
		for _, one := range w.network.dials {
			at = append(at, one.at)
		}
		return at
	}
	for _, one := range w.requests {
		at = append(at, one.at)
	}
	return at
}

// requireWaits holds the time between attempts against what the server asked for or, where it did not, against the
// bound of the jitter: 250 ms, then 500 ms.
func (r row) requireWaits(t *testing.T, at []time.Time) {
	t.Helper()
	bound := 250 * time.Millisecond
	for i := range len(at) - 1 {
		wait := at[i+1].Sub(at[i]) - r.takes
		if r.wait > 0 {
			require.Equal(t, r.wait, wait, "wait %d", i+1)
			continue
		}
		require.GreaterOrEqual(t, wait, time.Duration(0), "wait %d", i+1)
		require.LessOrEqual(t, wait, bound, "wait %d", i+1)
		bound *= 2
	}
}

func (o outcome) isToken() bool { return o.status == 201 && o.is == nil }

func (o outcome) require(t *testing.T, err error, operation string, attempts int) {
	t.Helper()
	require.Error(t, err)
	for _, known := range knownErrors() {
		require.Equal(t, slices.Contains(o.is, known), errors.Is(err, known), "is %q: %v", known, err)
	}
	require.ErrorContains(t, err, "roomtokens: "+operation+": ")
	require.ErrorContains(t, err, o.text)
	require.NotContains(t, err.Error(), apiKey)
	require.NotContains(t, err.Error(), "r.e.f", "the refresh token")
	failed, ok := errors.AsType[*roomtokens.Error](err)
	require.True(t, ok, "is an *Error: %v", err)
	require.Equal(t, o.status, failed.StatusCode)
	require.Equal(t, operation, failed.Operation)
	require.Equal(t, attempts, failed.Attempts)
}
