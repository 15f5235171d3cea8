package roomtokenstest

import (
	"slices"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// Filter selects requests, or faults by the requests that they are for, so that tests side by side can share a server:
// each has a room of its own, and looks at that one. A field that is zero selects all; a fault for every room is not
// among those for one. Where there are several filters, one of them is enough; where there is none, all is selected.
type Filter struct {
	Operation api.Operation
	RoomID    uuid.UUID
}

func (f Filter) selects(operation api.Operation, room uuid.UUID) bool {
	return (f.Operation == "" || f.Operation == operation) && (f.RoomID == uuid.Nil || f.RoomID == room)
}

// selects reports whether one of the filters does, if there are any.
func selects(filters []Filter, operation api.Operation, room uuid.UUID) bool {
	selected := func(f Filter) bool { return f.selects(operation, room) }
	return len(filters) == 0 || slices.ContainsFunc(filters, selected)
}
