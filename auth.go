package roomtokens

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// BearerAuth returns a request editor that sends apiKey as a bearer token (RFC 6750) with every operation whose
// security in the spec asks for it: CreateRoomClientToken, and not RefreshRoomClientToken. It serves a bare
// [api.NewClient] too, given once with [api.WithRequestEditorFn] or with a single call. It finds the operation in the
// request's method and path, so give it before any editor that changes them; a request of no operation is refused.
//
// A key that is empty, or that holds white space, a quote or anything else that a bearer token cannot have, is refused
// with an error that matches [ErrInvalidRequest], and nothing is sent.
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
		authorization, err := keyFunc(key).authorize(ctx, operation)
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		return err
	}
}

// keyFunc returns the API key. It is nil where there is none.
type keyFunc func(context.Context) (string, error)

// authorize returns the Authorization header of a request; "" where the operation takes no key.
func (key keyFunc) authorize(ctx context.Context, operation api.Operation) (string, error) {
	if !operation.BearerAuth() {
		return "", nil
	}
	if key == nil {
		return "", &InvalidRequestError{operation, "", "there is no API key"}
	}
	apiKey, err := key(ctx)
	if err != nil {
		return "", fmt.Errorf("API key: %w", exchange.ContextError(ctx, err))
	}
	if reason := unusableAPIKey(apiKey); reason != "" {
		return "", &InvalidRequestError{operation, "", reason}
	}
	return bearer + apiKey, nil
}

// unusableAPIKey says why a key is no bearer token (RFC 6750, section 2.1); "" where it is one.
func unusableAPIKey(apiKey string) (reason string) {
	switch {
	case apiKey == "":
		return "API key is empty"
	case strings.ContainsFunc(apiKey, func(r rune) bool { return !strings.ContainsRune(token68, r) }):
		return "API key holds white space, a quote or another character that no bearer token has"
	}
	return ""
}
