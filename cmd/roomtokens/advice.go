package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	adviceOnNetwork = "No response came. Check the network, the proxy, and --base-url or TELNYX_BASE_URL, then run\n" +
		"the command again."
	adviceOnResponse = "Something other than the Telnyx API may have responded: check --base-url or TELNYX_BASE_URL,\n" +
		"and the proxy."
)

// advice says what to do about err; empty if err says it already.
func advice(err error) string {
	if _, ok := errors.AsType[usageError](err); ok {
		return ""
	}
	if refusal, ok := errors.AsType[*roomtokens.Error](err); ok && refusal.StatusCode != 0 {
		return adviceOnRefusal(refusal)
	}
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, roomtokens.ErrInvalidRequest):
		return ""
	case errors.Is(err, roomtokens.ErrInvalidResponse):
		return adviceOnResponse
	case isOp && op.Op == "listen":
		return "Choose another address with --addr; with 127.0.0.1:0 the system chooses a free port."
	case errors.Is(err, context.DeadlineExceeded):
		return "No response came in time. Allow more with --timeout, or check the network, the proxy, and --base-url or\n" +
			"TELNYX_BASE_URL."
	}
	return adviceOnNetwork
}

func adviceOnRefusal(e *roomtokens.Error) string {
	switch {
	case errors.Is(e, roomtokens.ErrUnauthorized) && isRefresh(e):
		return "The refresh token is not known or has expired. Get a new pair: roomtokens create."
	case errors.Is(e, roomtokens.ErrUnauthorized):
		return "The API key is not known. Check TELNYX_API_KEY or TELNYX_API_KEY_FILE: it has to be an API v2 key that is\n" +
			"still active."
	case errors.Is(e, roomtokens.ErrForbidden):
		return adviceOnForbidden(e)
	case errors.Is(e, roomtokens.ErrNotFound):
		return "There is no such room for this credential, or no API at this base URL. Check ROOM_ID, then --base-url\n" +
			"or TELNYX_BASE_URL."
	case errors.Is(e, roomtokens.ErrRateLimited):
		return adviceOnRateLimit(e.RateLimit)
	case errors.Is(e, roomtokens.ErrInvalidRequest):
		return "The API does not take these arguments; its reason is above."
	case errors.Is(e, roomtokens.ErrServer):
		return "The server failed. Run the command again; if it fails again, give Telnyx's support the\n" +
			"request id."
	case errors.Is(e, roomtokens.ErrInvalidResponse):
		return adviceOnResponse
	case e.StatusCode == http.StatusRequestTimeout:
		return "The server gave up waiting. Run the command again."
	case 300 <= e.StatusCode && e.StatusCode <= 399:
		return "Redirects are not followed, since they could carry a key elsewhere. Check --base-url or TELNYX_BASE_URL."
	}
	return ""
}

// isRefresh reports whether the credential was a refresh token.
func isRefresh(e *roomtokens.Error) bool {
	return e.Operation == string(api.OperationRefreshRoomClientToken)
}

// adviceOnForbidden distinguishes Telnyx's 403 from one of a proxy.
func adviceOnForbidden(e *roomtokens.Error) string {
	const authorizationFailed = "10010"
	isTelnyx := slices.ContainsFunc(e.Problems, func(p api.VideoError) bool { return p.Code == authorizationFailed })
	switch {
	case !isTelnyx:
		return "This 403 has none of Telnyx's codes: a proxy or a firewall may have responded. Check --base-url or\n" +
			"TELNYX_BASE_URL."
	case isRefresh(e):
		return "Code 10010 means that the token is known but does not permit this: it is revoked, is for another room,\n" +
			"or is not a refresh token. Give the refresh token of a create for this very room."
	}
	return "Code 10010 means that the API key is known but may not use this room. Check that the room belongs to the\n" +
		"key's account, or take another key."
}

func adviceOnRateLimit(limit roomtokens.RateLimit) string {
	if limit.Reset <= 0 {
		return "Too many requests. Wait a little, then run the command again."
	}
	allowed := ""
	if limit.Limit > 0 {
		allowed = fmt.Sprintf(" (%d are allowed in a window)", limit.Limit)
	}
	return fmt.Sprintf("Too many requests%s. Run the command again in %v.", allowed, limit.Reset.Round(time.Second))
}
