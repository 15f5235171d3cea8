package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// statusCallerGone is for the log, as nginx has it: nobody is left to read the response.
const statusCallerGone = 499

// problem is an error as the caller may see it: application/problem+json (RFC 9457).
type problem struct {
	Status         int    `json:"status"`
	Detail         string `json:"detail"`
	RetryAfterSecs int    `json:"retry_after_secs,omitzero"`
}

var (
	errNotAllowed = problem{Status: http.StatusForbidden, Detail: "not allowed in this room"}
	errTooSlow    = problem{Status: http.StatusGatewayTimeout, Detail: "no token in time: try again"}
)

func (p problem) Error() string { return p.Detail }

// refuse is the handling of a request that always ends in p.
func (p problem) refuse(*http.Request) (any, error) { return nil, p }

// problemOf says of err what the caller may know. What Telnyx said is for the log.
func problemOf(err error) problem {
	if p, ok := errors.AsType[problem](err); ok {
		return p
	}
	invalid, isInvalid := errors.AsType[*roomtokens.InvalidRequestError](err)
	failed, sent := errors.AsType[*roomtokens.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return problem{Status: statusCallerGone, Detail: "the caller has gone"}
	case isInvalid && invalid.Parameter != "":
		return problem{Status: http.StatusBadRequest, Detail: invalid.Reason} // the field and its bounds
	case sent:
		return problemOfTelnyx(failed)
	case errors.Is(err, context.DeadlineExceeded):
		return errTooSlow
	}
	return problem{Status: http.StatusInternalServerError, Detail: "this service has failed: try again later"}
}

// problemOfTelnyx is for a call that was sent. All of a create is this service's; a refresh token is the caller's.
func problemOfTelnyx(failed *roomtokens.Error) problem {
	refresh := failed.Operation == api.OperationRefreshRoomClientToken
	switch {
	case refresh && errors.Is(failed, roomtokens.ErrInvalidRequest):
		return problem{Status: http.StatusBadRequest, Detail: "Telnyx refused the request as invalid"}
	case refresh && errors.Is(failed, roomtokens.ErrUnauthorized):
		return problem{Status: http.StatusUnauthorized, Detail: "refresh token unknown or expired: join again"}
	case errors.Is(failed, roomtokens.ErrForbidden):
		return errNotAllowed
	case errors.Is(failed, roomtokens.ErrNotFound) && hasCode(failed): // another 404 means a wrong base URL
		return problem{Status: http.StatusNotFound, Detail: "no such room"}
	case errors.Is(failed, roomtokens.ErrRateLimited):
		return tryAgain(http.StatusTooManyRequests, "too many requests", failed.RetryAfter)
	case errors.Is(failed, roomtokens.ErrServer) && failed.RetryAfter > 0:
		return tryAgain(http.StatusServiceUnavailable, "no token at present", failed.RetryAfter)
	case errors.Is(failed, context.DeadlineExceeded):
		return errTooSlow
	}
	return problem{Status: http.StatusBadGateway, Detail: "no token at present: try again later"}
}

// hasCode reports whether Telnyx says why, and not some other server, or none of its operations.
func hasCode(failed *roomtokens.Error) bool {
	return len(failed.Problems) > 0 && failed.Problems[0].Code != ""
}

// tryAgain passes on how long Telnyx asked to wait.
func tryAgain(status int, detail string, wait time.Duration) problem {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return problem{status, fmt.Sprintf("%s: try again in %d s", detail, seconds), seconds}
}
