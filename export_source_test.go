package roomtokens

import "time"

// JumpWallClock makes s see the wall clock jump by d, while its monotonic clock goes on: what s remembers of the wall
// clock moves instead.
func JumpWallClock(s *TokenSource, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := &s.schedule.current
	for _, l := range []*lifetime{&current.fresh, &current.unhurried, &current.valid, &current.refresh} {
		l.wallEnd = l.wallEnd.Add(-d)
	}
}
