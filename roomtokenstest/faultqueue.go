package roomtokenstest

import "time"

// queuedFault is a fault and how much of it is left.
type queuedFault struct {
	Fault
	left  int
	until time.Time // zero until one that Lasts is first met
}

type faultQueue []queuedFault

// take returns the fault that a request for the operation meets now, and until when it lasts. It is the zero Fault where
// there is none.
func (q *faultQueue) take(operation string, now time.Time) (Fault, time.Time) {
	q.expire(now)
	for i := range *q {
		f := &(*q)[i]
		if f.Operation != "" && f.Operation != operation {
			continue
		}
		if f.Lasts > 0 {
			if f.until.IsZero() {
				f.until = now.Add(f.Lasts)
			}
			return f.Fault, f.until
		}
		met := f.Fault
		if f.left--; f.left == 0 {
			*q = append((*q)[:i], (*q)[i+1:]...)
		}
		return met, time.Time{}
	}
	return Fault{}, time.Time{}
}

// expire drops what has lasted long enough.
func (q *faultQueue) expire(now time.Time) {
	kept := (*q)[:0]
	for _, f := range *q {
		if f.until.IsZero() || now.Before(f.until) {
			kept = append(kept, f)
		}
	}
	*q = kept
}
