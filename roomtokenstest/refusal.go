package roomtokenstest

import (
	"net/http"

	"github.com/roomtokens/roomtokens-go/api"
)

// code is one of the codes that Telnyx documents, as in [api.VideoError].
type code string

const (
	missingParameter     code = "10004"
	notFound             code = "10005"
	invalidID            code = "10006"
	unexpected           code = "10007"
	requestTimeout       code = "10008"
	authenticationFailed code = "10009"
	authorizationFailed  code = "10010"
	tooManyRequests      code = "10011"
	badRequest           code = "10015"
)

// codes lists the codes in order.
func codes() []code {
	return []code{
		missingParameter, notFound, invalidID, unexpected, requestTimeout,
		authenticationFailed, authorizationFailed, tooManyRequests, badRequest,
	}
}

// describe returns the status that the server gives a code, and Telnyx's title for it.
func (c code) describe() (status int, title, detail string) {
	switch c {
	case missingParameter:
		return http.StatusUnprocessableEntity, "Missing required parameter", "Something that must be given is missing."
	case notFound:
		return http.StatusNotFound, "Resource not found", "There is no such resource."
	case invalidID:
		return http.StatusUnprocessableEntity, "Invalid ID", "The id is not a UUID."
	case requestTimeout:
		return http.StatusRequestTimeout, "Request timeout", "The request took too long."
	case authenticationFailed:
		return http.StatusUnauthorized, "Authentication failed", "The credential is missing or not known."
	case authorizationFailed:
		return http.StatusForbidden, "Authorization failed", "The credential does not permit this."
	case tooManyRequests:
		return http.StatusTooManyRequests, "Too many requests", "The requests of this window are used up."
	case badRequest:
		return http.StatusBadRequest, "Bad request", "The request is not well formed."
	}
	return http.StatusInternalServerError, "Unexpected error", "Something went wrong in the server."
}

// refusal is a status other than success, and why.
type refusal struct {
	status  int
	problem api.VideoError
}

func newRefusal(c code) *refusal {
	status, title, detail := c.describe()
	return &refusal{status: status, problem: api.VideoError{
		Code: string(c), Title: title, Detail: detail,
		Meta: map[string]any{"url": "https://developers.telnyx.com/docs/overview/errors/" + string(c)},
	}}
}

// withDetail returns r with a status and a detail of its own.
func (r *refusal) withDetail(status int, detail string) *refusal {
	r.status, r.problem.Detail = status, detail
	return r
}

// at returns r with the part of the body that it objects to.
func (r *refusal) at(pointer string) *refusal {
	r.problem.Source.Pointer = pointer
	return r
}
