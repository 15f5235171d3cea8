package roomtokenstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Inject queues faults. A request takes the first fault in the queue that is for its operation, and no other one; a
// fault that is used up leaves the queue. Inject panics if [Fault.Validate] refuses one.
func (s *Server) Inject(faults ...Fault) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			panic(fmt.Sprintf("roomtokenstest: fault %q: %v", f.Name, err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Header = f.Header.Clone() // the caller may change its own for the next fault
		s.faults = append(s.faults, queuedFault{Fault: f, left: max(f.Times, 1)})
	}
}

// Unused says which faults the requests so far have not used up; nil if there are none. With [WithTB], the test fails
// on them at its end.
func (s *Server) Unused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.faults {
		if f.until.IsZero() {
			errs = append(errs, fmt.Errorf("roomtokenstest: fault %q is not used up: %d left", f.Name, f.left))
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
	left  int
	until time.Time // zero until the first request of one that lasts
}

type faultQueue []queuedFault

// take returns the fault for a request of the operation now, and until when it lasts; the zero Fault if there is none.
func (q *faultQueue) take(operation api.Operation, now time.Time) (Fault, time.Time) {
	*q = slices.DeleteFunc(*q, func(f queuedFault) bool { return !f.until.IsZero() && !now.Before(f.until) })
	i := slices.IndexFunc(*q, func(f queuedFault) bool { return f.Operation == "" || f.Operation == operation })
	if i < 0 {
		return Fault{}, time.Time{}
	}
	f := &(*q)[i]
	if f.Lasts > 0 {
		if f.until.IsZero() {
			f.until = now.Add(f.Lasts)
		}
		return f.Fault, f.until
	}
	taken := f.Fault
	if f.left--; f.left == 0 {
		*q = slices.Delete(*q, i, i+1)
	}
	return taken, time.Time{}
}
