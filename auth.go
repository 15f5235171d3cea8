package roomtokens

import (
	"context"
	"fmt"
	"net/http"

	"github.com/roomtokens/roomtokens-go/api"
)

// BearerAuth returns a request editor that sends apiKey as a bearer token (RFC 6750) with every operation whose security
// in the spec asks for it: CreateRoomClientToken, and not RefreshRoomClientToken. It serves a bare [api.NewClient] too,
// given once with [api.WithRequestEditorFn] or with a single call.
//
// A key that is empty, or that holds white space or anything else that a header cannot carry, is refused with an error
// that matches [ErrInvalidRequest], and nothing is sent.
func BearerAuth(apiKey string) api.RequestEditorFn {
	return BearerAuthFunc(func(context.Context) (string, error) { return apiKey, nil })
}

// BearerAuthFunc is [BearerAuth] for a key that may change: key is asked each time the editor runs, so that a rotated key
// is used from the next request on. An error from key fails the request, which is not sent.
func BearerAuthFunc(key func(context.Context) (string, error)) api.RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		if operationOf(req.URL.Path) == refreshOperation {
			return nil
		}
		if key == nil {
			return invalid("API key function is nil")
		}
		apiKey, err := key(ctx)
		if err != nil {
			return fmt.Errorf("API key: %w", err)
		}
		if err := checkAPIKey(apiKey); err != nil {
			return err
		}
		req.Header.Set("Authorization", bearer+apiKey)
		return nil
	}
}

// bearer precedes the key in an Authorization header.
const bearer = "Bearer "

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
