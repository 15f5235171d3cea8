package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// problem is an error as the caller may see it: application/problem+json (RFC 9457).
type problem struct {
	Status         int    `json:"status"`
	Detail         string `json:"detail"`
	RetryAfterSecs int    `json:"retry_after_secs,omitzero"`
}

func (p problem) Error() string { return p.Detail }

// refuse is the handling of a request that always ends in p.
func (p problem) refuse(*http.Request) (any, error) { return nil, p }

// problemOf says of err what the caller may know. What Telnyx said is for the log.
func problemOf(err error) problem {
	if p, ok := errors.AsType[problem](err); ok {
		return p
	}
	failed, _ := errors.AsType[*roomtokens.Error](err)
	invalid, isInvalid := errors.AsType[*roomtokens.InvalidRequestError](err)
	switch {
	case isInvalid && invalid.Parameter != "":
		return problem{Status: http.StatusBadRequest, Detail: invalid.Reason} // the field and its bounds
	case errors.Is(err, roomtokens.ErrInvalidRequest):
		return problem{Status: http.StatusBadRequest, Detail: "Telnyx refused the request as invalid"}
	case errors.Is(err, roomtokens.ErrUnauthorized) && failed.Operation == api.OperationRefreshRoomClientToken:
		return problem{Status: http.StatusUnauthorized, Detail: "refresh token unknown or expired: join again"}
	case errors.Is(err, roomtokens.ErrForbidden):
		return problem{Status: http.StatusForbidden, Detail: "not allowed in this room"}
	case errors.Is(err, roomtokens.ErrNotFound):
		return problem{Status: http.StatusNotFound, Detail: "no such room"}
	case errors.Is(err, roomtokens.ErrRateLimited):
		wait := max(1, int(math.Ceil(failed.RetryAfter.Seconds())))
		return problem{http.StatusTooManyRequests, fmt.Sprintf("too many requests: try again in %d s", wait), wait}
	case errors.Is(err, context.Canceled):
		return problem{Status: 499, Detail: "the caller has gone"} // for the log, as nginx has it
	case errors.Is(err, context.DeadlineExceeded):
		return problem{Status: http.StatusGatewayTimeout, Detail: "no token in time: try again"}
	}
	return problem{Status: http.StatusBadGateway, Detail: "no token at present: try again later"}
}
