package roomtokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// fetcher calls the operations for a TokenSource.
type fetcher struct {
	client *Client
	roomID uuid.UUID
	params *api.CreateRoomClientTokenRequest
}

// errGoexit is the error of an operation in which a transport, an editor or a key function ended the goroutine.
var errGoexit = errors.New("the goroutine of the fetch was ended by runtime.Goexit")

// assignment is one operation of a fetch.
type assignment struct {
	exchange.Call
	old     cachedToken // that the operation is to replace
	timeout time.Duration
}

// fetched is how an operation ended.
type fetched struct {
	token cachedToken
	err   error
}

// fetch runs an operation to its end, which may be a panic or runtime.Goexit, and sends how it ended.
func (f *fetcher) fetch(ctx context.Context, a assignment, outcome chan<- fetched) {
	got := fetched{err: wrapError(a.Operation, errGoexit)}
	defer func() {
		if value := recover(); value != nil {
			got.err = wrapError(a.Operation, &PanicError{Value: value, Stack: debug.Stack()})
		}
		outcome <- got
	}()
	if a.Operation == api.OperationRefreshRoomClientToken {
		got.token, got.err = f.refresh(ctx, a)
	} else {
		got.token, got.err = f.create(ctx, a)
	}
}

const (
	// maxLeftBehind is how many operations a source leaves behind. Each holds a goroutine, and perhaps a connection.
	maxLeftBehind = 2
	// unwinding is how long an operation may take to end once its context has.
	unwinding = time.Second
)

var (
	errIgnoresContext = fmt.Errorf(
		"a key function, request editor or transport goes on though its context has ended: %w", context.DeadlineExceeded)
	errLeftBehind = wrapError(sourceName, errors.New("two fetches go on though their contexts have ended, "+
		"in a key function, request editor or transport: the next one begins when one of them ends"))
)

// await waits until an operation ends; false where it goes on though its context ended that long ago.
func await(
	ctx context.Context, a assignment, outcome <-chan fetched, grace time.Duration,
) (got fetched, ended bool) {
	select {
	case got = <-outcome:
		return got, true
	case <-ctx.Done():
	}
	select {
	case got = <-outcome:
		return got, true
	case <-time.After(grace):
		return fetched{err: wrapError(a.Operation, errIgnoresContext)}, false
	}
}

func (f *fetcher) create(ctx context.Context, a assignment) (cachedToken, error) {
	if f.client.key == nil {
		const reason = "the refresh token has expired, and there is no API key to create another"
		return cachedToken{}, wrapError(a.Operation, &InvalidRequestError{a.Operation, "", reason})
	}
	token, result, err := f.client.create(ctx, f.roomID, *f.params, a.Call, nil)
	if err != nil {
		return cachedToken{}, err
	}
	return receivedToken(token, result, f.params)
}

func (f *fetcher) refresh(ctx context.Context, a assignment) (cachedToken, error) {
	token := *a.old.token
	refreshed, result, err := f.client.refresh(ctx, f.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: token.RefreshToken, TokenTTLSecs: f.params.TokenTTLSecs,
	}, a.Call, nil)
	switch {
	case isRefused(err) && f.client.key == nil:
		return cachedToken{}, fmt.Errorf("%w; there is no API key to create another token", err)
	case err != nil:
		return cachedToken{}, err
	case refreshed.Token == token.Token:
		return cachedToken{}, invalidResponse(result, "the token is the one that was to be replaced")
	}
	token.Token, token.TokenExpiresAt = refreshed.Token, refreshed.TokenExpiresAt
	next, err := receivedToken(&token, result, f.params)
	next.refresh = a.old.refresh
	return next, err
}

// isRefused reports that the server will not accept the refresh token again, whatever its lifetime.
func isRefused(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch refusal.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// PanicError is a panic of a key function, a request editor or an [http.RoundTripper] in a fetch of a [TokenSource]. It
// is returned as an error, since in the goroutine of a fetch it would end the process.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as [debug.Stack] formats it
}

// Error returns one line of at most 300 bytes, without what looks like a JWT.
func (e *PanicError) Error() string {
	return oneLine(redactCredentials(fmt.Sprintf("panic: %v", e.Value)), maxErrorTextBytes)
}
