package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"
)

// maxUserBytes bounds a user's name, which is logged with each request.
const maxUserBytes = 256

// signedInUser returns whom the proxy in front of this service has signed in, or "". It believes a header that anyone
// can send: only the proxy may reach this service, and it must replace that header. Put your own sessions in its place.
func signedInUser(r *http.Request) string {
	users := r.Header.Values("X-Forwarded-User")
	if len(users) != 1 || len(users[0]) > maxUserBytes {
		return ""
	}
	return users[0]
}

// access reports whether a signed-in user may enter a room. Telnyx does not know your users. A nil one refuses them
// all.
type access func(ctx context.Context, user string, room uuid.UUID) (bool, error)

// check returns nil if the user may enter.
func (mayEnter access) check(ctx context.Context, user string, room uuid.UUID) error {
	if mayEnter == nil {
		return errNotAllowed
	}
	allowed, err := mayEnter(ctx, user, room)
	if err == nil && !allowed {
		return errNotAllowed
	}
	return err
}

// listedAccess allows what is in a list in JSON: {"alice": ["7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4"]}. An empty one
// allows nothing. Put a query of your own invitations in its place.
func listedAccess(list string) (access, error) {
	var rooms map[string][]uuid.UUID
	if err := json.Unmarshal([]byte(cmp.Or(list, "{}")), &rooms); err != nil {
		return nil, err
	}
	return func(_ context.Context, user string, room uuid.UUID) (bool, error) {
		return slices.Contains(rooms[user], room), nil
	}, nil
}
