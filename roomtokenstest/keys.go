package roomtokenstest

import (
	"strings"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// keyring holds the API keys that are valid.
type keyring struct {
	own   secret.String
	rooms map[secret.String]roomSet // which rooms each key may be used for
}

func newKeyring() *keyring {
	own := secret.String("KEY" + uuid.NewString())
	return &keyring{own: own, rooms: map[secret.String]roomSet{own: nil}}
}

// find returns the rooms of the valid key in an Authorization header (RFC 6750).
func (k *keyring) find(authorization string) (rooms roomSet, ok bool) {
	scheme, key, _ := strings.Cut(authorization, " ")
	key = strings.TrimLeft(key, " ") // there may be several blanks (RFC 9110, section 11.4)
	rooms, known := k.rooms[secret.String(key)]
	return rooms, known && key != "" && strings.EqualFold(scheme, "Bearer")
}

// roomSet is a set of rooms; a nil one holds every room.
type roomSet map[uuid.UUID]struct{}

func newRoomSet(rooms []uuid.UUID) roomSet {
	set := make(roomSet, len(rooms))
	for _, room := range rooms {
		set[room] = struct{}{}
	}
	return set
}

func (s roomSet) has(room uuid.UUID) bool {
	_, ok := s[room]
	return ok || s == nil
}
