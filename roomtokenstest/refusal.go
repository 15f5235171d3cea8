package roomtokenstest

import (
	"net/http"

	"github.com/roomtokens/roomtokens-go/api"
)

// code is one of the codes that Telnyx documents, with its title, as in [api.VideoError].
type code struct{ number, title string }

var (
	missingParameter     = code{"10004", "Missing required parameter"}
	notFound             = code{"10005", "Resource not found"}
	invalidID            = code{"10006", "Invalid ID"}
	unexpected           = code{"10007", "Unexpected error"}
	requestTimeout       = code{"10008", "Request timeout"}
	authenticationFailed = code{"10009", "Authentication failed"}
	authorizationFailed  = code{"10010", "Authorization failed"}
	tooManyRequests      = code{"10011", "Too many requests"}
	badRequest           = code{"10015", "Bad request"}
)

// refusal is a status other than success, and why.
type refusal struct {
	status  int
	problem api.VideoError
}

func newRefusal(status int, c code, detail string) *refusal {
	return &refusal{status: status, problem: api.VideoError{
		Code: c.number, Title: c.title, Detail: detail,
		Meta: map[string]any{"url": "https://developers.telnyx.com/docs/overview/errors/" + c.number},
	}}
}

// at returns r with the part of the body that it objects to.
func (r *refusal) at(pointer string) *refusal {
	r.problem.Source.Pointer = pointer
	return r
}

// atRoom returns r as an objection to the room's id.
func (r *refusal) atRoom() *refusal {
	r.problem.Source.Parameter = roomParameter
	return r
}

// typicalRefusals has one for each code, in order, with the status that the server gives it most.
func typicalRefusals() []*refusal {
	return []*refusal{
		newRefusal(http.StatusUnprocessableEntity, missingParameter, "Something that must be given is missing."),
		newRefusal(http.StatusNotFound, notFound, "There is no such resource."),
		newRefusal(http.StatusUnprocessableEntity, invalidID, "The id is not a UUID."),
		newRefusal(http.StatusInternalServerError, unexpected, "Something went wrong in the server."),
		newRefusal(http.StatusRequestTimeout, requestTimeout, "The request took too long."),
		newRefusal(http.StatusUnauthorized, authenticationFailed, "The credential is missing or not known."),
		newRefusal(http.StatusForbidden, authorizationFailed, "The credential does not permit this."),
		newRefusal(http.StatusTooManyRequests, tooManyRequests, "The requests of this window are used up."),
		newRefusal(http.StatusBadRequest, badRequest, "The request is not well formed."),
	}
}

// typicalRefusal returns the one of a status, 400 to 599.
func typicalRefusal(status int) *refusal {
	for _, r := range typicalRefusals() {
		if r.status == status {
			return r
		}
	}
	if status >= http.StatusInternalServerError {
		return newRefusal(status, unexpected, "Something went wrong in the server.")
	}
	return newRefusal(status, badRequest, "The request is not well formed.")
}
