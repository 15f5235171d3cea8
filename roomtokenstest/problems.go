package roomtokenstest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/roomtokens/roomtokens-go/api"
)

// The codes that Telnyx documents, as in [api.VideoError]. The status that the fake answers each with is beside it.
const (
	CodeMissingParameter     = "10004" // 422
	CodeNotFound             = "10005" // 404
	CodeInvalidID            = "10006" // 422
	CodeUnexpected           = "10007" // 500
	CodeRequestTimeout       = "10008" // 408
	CodeAuthenticationFailed = "10009" // 401
	CodeAuthorizationFailed  = "10010" // 403
	CodeTooManyRequests      = "10011" // 429
	CodeBadRequest           = "10015" // 400; 405, 413, 415 and 422 where the package comment says so
)

// refusal is a status other than 201, and why.
type refusal struct {
	status  int
	problem api.VideoError
}

// refusals lists the documented codes. It is not to be changed.
var refusals = [...]struct {
	code   string
	status int
	title  string
	detail string
}{
	{CodeMissingParameter, http.StatusUnprocessableEntity, "Missing required parameter", "Something that must be given is missing."},
	{CodeNotFound, http.StatusNotFound, "Resource not found", "There is no such resource."},
	{CodeInvalidID, http.StatusUnprocessableEntity, "Invalid ID", "The id is not a UUID."},
	{CodeUnexpected, http.StatusInternalServerError, "Unexpected error", "Something went wrong in the server."},
	{CodeRequestTimeout, http.StatusRequestTimeout, "Request timeout", "The request took too long."},
	{CodeAuthenticationFailed, http.StatusUnauthorized, "Authentication failed", "The credential is missing or not known."},
	{CodeAuthorizationFailed, http.StatusForbidden, "Authorization failed", "The credential does not permit this."},
	{CodeTooManyRequests, http.StatusTooManyRequests, "Too many requests", "The requests of this window are used up."},
	{CodeBadRequest, http.StatusBadRequest, "Bad request", "The request is not well formed."},
}

// refusalOf is the documented refusal with the code. It panics where there is none.
func refusalOf(code string) *refusal {
	for _, r := range refusals {
		if r.code == code {
			return &refusal{status: r.status, problem: api.VideoError{
				Code: code, Title: r.title, Detail: r.detail,
				Meta: map[string]any{"url": "https://developers.telnyx.com/docs/overview/errors/" + code},
			}}
		}
	}
	panic(fmt.Sprintf("roomtokenstest: no documented refusal has code %q", code))
}

// because returns r with a status and a detail of its own.
func (r *refusal) because(status int, detail string) *refusal {
	r.status, r.problem.Detail = status, detail
	return r
}

// at returns r with the part of the body that it objects to.
func (r *refusal) at(pointer string) *refusal {
	r.problem.Source.Pointer = pointer
	return r
}

// documentedCodes lists the codes in order.
func documentedCodes() []string {
	codes := make([]string, 0, len(refusals))
	for _, r := range refusals {
		codes = append(codes, r.code)
	}
	slices.Sort(codes)
	return codes
}
