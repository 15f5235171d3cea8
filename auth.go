package roomtokens

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/api"
)

// BearerAuth returns a request editor that sends apiKey as a bearer token (RFC 6750) with every operation whose
// security in the spec asks for it: CreateRoomClientToken, and not RefreshRoomClientToken. It serves a bare
// [api.NewClient] too, given once with [api.WithRequestEditorFn] or with a single call. It finds the operation in the
// request's method and path, so give it before any editor that changes them; a request of no operation is refused.
//
// A key that is empty, or that holds white space or anything else that a header cannot carry, is refused with an error
// that matches [ErrInvalidRequest], and nothing is sent.
func BearerAuth(apiKey string) api.RequestEditorFn {
	return BearerAuthFunc(func(context.Context) (string, error) { return apiKey, nil })
}

// BearerAuthFunc is [BearerAuth] for a key that may change: key is asked each time the editor runs, so that a rotated
// key is used from the next request on. An error from key fails the request, which is not sent.
func BearerAuthFunc(key func(context.Context) (string, error)) api.RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		operation := operationOf(req)
		if operation == "" {
			return errUnknownOperation()
		}
		if !operation.BearerAuth() {
			return nil
		}
		if key == nil {
			return invalid("API key function is nil")
		}
		authorization, err := bearerOf(ctx, key)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", authorization)
		return nil
	}
}

// bearer precedes the key in an Authorization header.
const bearer = "Bearer "

// bearerOf asks for the API key, and returns the Authorization header with it.
func bearerOf(ctx context.Context, key func(context.Context) (string, error)) (string, error) {
	apiKey, err := key(ctx)
	if err != nil {
		return "", fmt.Errorf("API key: %w", contextError(ctx, err))
	}
	if err := checkAPIKey(apiKey); err != nil {
		return "", err
	}
	return bearer + apiKey, nil
}

func checkAPIKey(apiKey string) error {
	if apiKey == "" {
		return invalid("API key is empty")
	}
	for i := range len(apiKey) {
		if c := apiKey[i]; c <= ' ' || c > '~' {
			return invalid("API key holds white space or a character that a header cannot carry")
		}
	}
	return nil
}

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

// sourceAPI is where an error comes from, if the request is of no operation.
const sourceAPI = "API"

func errUnknownOperation() error {
	return invalid("the request's method and path are of no operation in the spec; an editor may have changed them")
}
