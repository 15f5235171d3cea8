package roomtokenstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// Inject queues faults. A request takes the first fault in the queue that is for its operation and room, and no other
// one; a fault that is used up leaves the queue. Inject panics if [Fault.Validate] refuses one.
func (s *Server) Inject(faults ...Fault) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			panic(fmt.Sprintf("roomtokenstest: fault %q: %v", f.Name, err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Header = f.Header.Clone() // the caller may change its map for the next fault
		s.faults.add(f)
	}
}

// PendingFaults returns the faults that are not used up, or those of them that filters select, in the order in which
// requests take them. Times, or Lasts once it has begun, is what is left of it.
func (s *Server) PendingFaults(of ...Filter) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.faults.expire(now)
	pending := []Fault{}
	for _, f := range s.faults.queue {
		if selects(of, f.Operation, f.RoomID) {
			pending = append(pending, f.rest(now))
		}
	}
	return pending
}

// ClearFaults forgets the faults that are not used up, or those of them that filters select.
func (s *Server) ClearFaults(of ...Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.queue = slices.DeleteFunc(s.faults.queue, func(f queuedFault) bool {
		return selects(of, f.Operation, f.RoomID)
	})
}

// Unused says which faults the requests so far have not used up, with their numbers in the order of Inject, from 1; nil
// if there are none. With [WithTB], the test fails on them at its end.
func (s *Server) Unused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.faults.queue {
		if f.until.IsZero() {
			errs = append(errs, fmt.Errorf("roomtokenstest: fault %d %q is not used up: %d left", f.number, f.Name, f.left))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) reportUnused() {
	if err := s.Unused(); err != nil {
		s.tb.Helper()
		s.tb.Errorf("%v", err)
	}
}

// queuedFault is a fault and how much of it is left.
type queuedFault struct {
	Fault
	number int
	left   int
	until  time.Time // zero until the first request of one that lasts
}

// rest is the fault with what is left of its Times or Lasts.
func (f queuedFault) rest(now time.Time) Fault {
	rest := f.Fault
	rest.Header = f.Header.Clone()
	switch {
	case !f.until.IsZero():
		rest.Lasts = f.until.Sub(now)
	case f.Lasts == 0:
		rest.Times = f.left
	}
	return rest
}

type faultQueue struct {
	queue []queuedFault
	added int
}

func (q *faultQueue) add(f Fault) {
	q.added++
	q.queue = append(q.queue, queuedFault{Fault: f, number: q.added, left: max(f.Times, 1)})
}

// expire removes the faults whose time is over.
func (q *faultQueue) expire(now time.Time) {
	q.queue = slices.DeleteFunc(q.queue, func(f queuedFault) bool { return !f.until.IsZero() && !now.Before(f.until) })
}

// take returns the fault for a request now, and until when it lasts; the zero Fault if there is none.
func (q *faultQueue) take(operation api.Operation, room uuid.UUID, now time.Time) (Fault, time.Time) {
	q.expire(now)
	i := slices.IndexFunc(q.queue, func(f queuedFault) bool {
		return Filter{f.Operation, f.RoomID}.selects(operation, room)
	})
	if i < 0 {
		return Fault{}, time.Time{}
	}
	f := &q.queue[i]
	if f.Lasts > 0 {
		if f.until.IsZero() {
			f.until = now.Add(f.Lasts)
		}
		return f.Fault, f.until
	}
	taken := f.Fault
	if f.left--; f.left == 0 {
		q.queue = slices.Delete(q.queue, i, i+1)
	}
	return taken, time.Time{}
}
