package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	exitOK      = 0
	exitRefused = 1 // by the API, or its response was not valid
	exitUsage   = 2 // an argument, an input or a file
	exitNetwork = 3 // no response, or no port
)

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	_, isUsage := errors.AsType[usageError](err)
	call, isCall := errors.AsType[*roomtokens.Error](err)
	switch {
	case isUsage, !isCall && errors.Is(err, roomtokens.ErrInvalidRequest):
		return exitUsage
	case isCall && call.StatusCode != 0 && !isNetwork(call.Unwrap()):
		return exitRefused
	}
	return exitNetwork
}

// isNetwork reports that the connection broke or took too long: context.DeadlineExceeded is a net.Error.
func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF)
}

// advice says what to do about an error with that exit code; empty if the error says it already.
func advice(err error, code int) string {
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case code == exitUsage:
		return ""
	case isOp && op.Op == "listen":
		return "Choose another address with --addr; with 127.0.0.1:0 the system chooses a free port."
	case code == exitNetwork:
		return "No complete response came. Check the network, the proxy, --timeout, and --base-url or TELNYX_BASE_URL."
	case errors.Is(err, roomtokens.ErrInvalidResponse):
		return "Something other than the Telnyx API may have responded. Check --base-url or TELNYX_BASE_URL, and the proxy."
	}
	refusal, _ := errors.AsType[*roomtokens.Error](err)
	return adviceOnRefusal(refusal)
}

func adviceOnRefusal(e *roomtokens.Error) string {
	isRefresh := e.Operation == api.OperationRefreshRoomClientToken
	switch {
	case errors.Is(e, roomtokens.ErrUnauthorized) && isRefresh:
		return "The refresh token is not known or has expired. Get a new pair: roomtokens create."
	case errors.Is(e, roomtokens.ErrUnauthorized):
		return "The API key is not known. Check that TELNYX_API_KEY or TELNYX_API_KEY_FILE has an active API v2 key."
	case errors.Is(e, roomtokens.ErrForbidden) && !slices.ContainsFunc(e.Problems, isAuthorizationFailed):
		return "This 403 has none of Telnyx's codes: a proxy or a firewall may have responded. Check --base-url or\n" +
			"TELNYX_BASE_URL."
	case errors.Is(e, roomtokens.ErrForbidden) && isRefresh:
		return "Code 10010 means that the token is known but does not permit this: it is revoked, is for another room,\n" +
			"or is not a refresh token. Give the refresh token of a create for this very room."
	case errors.Is(e, roomtokens.ErrForbidden):
		return "Code 10010 means that the API key is known but may not use this room. Check that the room belongs to the\n" +
			"key's account, or take another key."
	case errors.Is(e, roomtokens.ErrNotFound):
		return "There is no such room for this credential, or no API at this base URL. Check ROOM_ID, then --base-url\n" +
			"or TELNYX_BASE_URL."
	case e.StatusCode/100 == 3:
		return "Redirects are not followed, since they could carry a key elsewhere. Check --base-url or TELNYX_BASE_URL."
	case e.RetryAfter > 0:
		return fmt.Sprintf("Run the command again in %v.", e.RetryAfter.Round(time.Second))
	}
	return ""
}

// isAuthorizationFailed recognises the code of Telnyx's own 403.
func isAuthorizationFailed(p api.VideoError) bool { return p.Code == "10010" }
