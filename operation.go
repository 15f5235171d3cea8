package roomtokens

import (
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/api"
)

// operationOf returns the operation that has the method and path of req; "" for none.
func operationOf(req *http.Request) api.Operation {
	if req.URL == nil {
		return ""
	}
	for _, operation := range api.Operations() {
		if req.Method == operation.Method() && endsInTemplate(req.URL.Path, operation.Path()) {
			return operation
		}
	}
	return ""
}

// endsInTemplate reports whether the last segments of path are those of a path template, with anything for
// {a_parameter}.
func endsInTemplate(path, template string) bool {
	got, want := strings.Split(path, "/"), strings.Split(strings.TrimPrefix(template, "/"), "/")
	if len(got) < len(want) {
		return false
	}
	got = got[len(got)-len(want):]
	for i, segment := range want {
		if segment != got[i] && !strings.HasPrefix(segment, "{") {
			return false
		}
	}
	return true
}

func errUnknownOperation() error {
	return &InvalidRequestError{
		Reason: "the request's method and path are of no operation in the spec; an editor may have changed them",
	}
}
