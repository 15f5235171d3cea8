package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestJoinIsRefused(t *testing.T) {
	t.Parallel()
	const (
		notAllowed = "not allowed in this room"
		nobody     = "nobody is signed in"
	)
	for name, row := range map[string]struct {
		users    []string
		mayEnter access
		status   int
		detail   string
	}{
		"to another user":          {[]string{"bob"}, onlyAlice, 403, notAllowed},
		"to everyone, by default":  {[]string{"alice"}, nil, 403, notAllowed},
		"if access is not known":   {[]string{"alice"}, failedAccess, 500, "this service has failed: try again later"},
		"to nobody":                {nil, onlyAlice, 401, nobody},
		"to an empty name":         {[]string{""}, onlyAlice, 401, nobody},
		"to two names":             {[]string{"alice", "bob"}, onlyAlice, 401, nobody},
		"to a name without an end": {[]string{strings.Repeat("a", 10_000)}, onlyAlice, 401, nobody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, io.Discard)
				h.handler = routes(h.client, row.mayEnter, h.log)
				r := joinRequest(h.room)
				r.Header["X-Forwarded-User"] = row.users
				requireProblem(t, h.do(r), row.status, row.detail)
				require.Empty(t, h.telnyx.Requests())
				require.Less(t, h.logged.Len(), 1000)
			})
		})
	}
}

func failedAccess(context.Context, string, uuid.UUID) (bool, error) {
	return true, errors.New("no database")
}

func TestListedAccess(t *testing.T) {
	t.Parallel()
	room := uuid.New()
	list := `{"alice": ["` + room.String() + `"], "bob": []}`
	for name, row := range map[string]struct {
		list, user string
		room       uuid.UUID
		want       bool
	}{
		"listed":             {list, "alice", room, true},
		"another room":       {list, "alice", uuid.New(), false},
		"another user":       {list, "bob", room, false},
		"a user of no entry": {list, "carol", room, false},
		"nothing is listed":  {"", "alice", room, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mayEnter, err := listedAccess(row.list)
			require.NoError(t, err)
			allowed, err := mayEnter(t.Context(), row.user, row.room)
			require.NoError(t, err)
			require.Equal(t, row.want, allowed)
		})
	}
}
