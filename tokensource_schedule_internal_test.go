package roomtokens

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// history is what a schedule has been told, at times from its start on.
type history struct {
	schedule
	start time.Time
}

func (h *history) at(d time.Duration) time.Time { return h.start.Add(d) }

// created takes a token over that lives for ten minutes, with a refresh token that lives for an hour.
func (h *history) created() { h.got(creates) }

// renewed has the token replaced by one that lives as long.
func (h *history) renewed() { h.got(refreshes) }

func (h *history) got(operation api.Operation) {
	token := &ClientToken{Token: "t", RefreshToken: "r"}
	h.succeeded(h.start, operation, newCachedToken(token, h.start, 10*time.Minute, time.Hour))
}

func (h *history) failed(d time.Duration, operation api.Operation, err error) {
	h.schedule.failed(h.at(d), operation, err)
}

const (
	creates   = api.OperationCreateRoomClientToken
	refreshes = api.OperationRefreshRoomClientToken
)

// TestSchedule asks what is fetched next after a history, and when.
func TestSchedule(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	status := func(code int, retryAfter time.Duration) error {
		return &Error{StatusCode: code, RetryAfter: retryAfter}
	}
	for name, row := range map[string]struct {
		history     func(*history)
		at          time.Duration // of the question
		least, most time.Duration // until the next fetch
		operation   api.Operation // "" for either
	}{
		"nothing has happened": {func(*history) {}, 0, 0, 0, creates},
		"a token is fresh": {
			func(h *history) { h.created(); h.renewed() }, 0, 9 * time.Minute, 9*time.Minute + 30*time.Second, refreshes,
		},
		"the first token is fresh": {
			func(h *history) { h.created() }, 0, 200 * time.Second, 9*time.Minute + 30*time.Second, refreshes,
		},
		"a token is to be renewed": {
			func(h *history) { h.created() }, 9*time.Minute + 30*time.Second, 0, 0, refreshes,
		},
		"both have expired": {func(h *history) { h.created() }, time.Hour, 0, 0, creates},
		"create failed": {
			func(h *history) { h.failed(0, creates, down) }, 0, time.Second / 2, time.Second, creates,
		},
		"create failed often": {
			func(h *history) {
				for range 6 {
					h.failed(0, creates, down)
				}
			}, 0, 15 * time.Second, 30 * time.Second, creates,
		},
		"create succeeded after failures": {
			func(h *history) {
				h.failed(0, creates, down)
				h.failed(0, creates, down)
				h.created()
				h.failed(time.Hour, creates, down)
			}, time.Hour, time.Second / 2, time.Second, creates,
		},
		"create was asked to wait": {
			func(h *history) { h.failed(0, creates, status(429, 20*time.Second)) },
			0, 20 * time.Second, 25 * time.Second, creates,
		},
		"create was asked to wait for long": {
			func(h *history) { h.failed(0, creates, status(429, time.Hour)) },
			0, 5 * time.Minute, 5 * time.Minute * 5 / 4, creates,
		},
		"create was refused often, for its rate": {
			func(h *history) {
				for range 6 {
					h.failed(0, creates, status(429, time.Second))
				}
			}, 0, 8 * time.Second, 16 * time.Second, creates,
		},
		"refresh was refused often, for its rate": {
			func(h *history) {
				h.created()
				for range 6 {
					h.failed(10*time.Minute+29*time.Second, refreshes, status(429, time.Second))
				}
			}, 10*time.Minute + 29*time.Second, 0, 0, creates,
		},
		"both were refused often, for their rate": {
			func(h *history) {
				h.created()
				for range 6 {
					h.failed(10*time.Minute+29*time.Second, refreshes, status(429, time.Second))
					h.failed(10*time.Minute+29*time.Second, creates, status(429, time.Second))
				}
			}, 10*time.Minute + 29*time.Second, time.Second, 1250 * time.Millisecond, "",
		},
		"both were refused, long after the token's end": {
			func(h *history) {
				h.created()
				for range 6 {
					h.failed(10*time.Minute+30*time.Second, refreshes, status(429, time.Second))
					h.failed(10*time.Minute+30*time.Second, creates, status(429, time.Second))
				}
			}, 10*time.Minute + 30*time.Second, 8 * time.Second, 16 * time.Second, "",
		},
		"refresh failed, with time left": {
			func(h *history) { h.created(); h.failed(9*time.Minute+30*time.Second, refreshes, down) },
			9*time.Minute + 30*time.Second, time.Second / 2, time.Second, refreshes,
		},
		"refresh failed, in the end of a life": {
			func(h *history) { h.created(); h.failed(9*time.Minute+45*time.Second, refreshes, down) },
			9*time.Minute + 45*time.Second, 0, 0, creates,
		},
		"refresh failed, and the end of the life has come": {
			func(h *history) { h.created(); h.failed(9*time.Minute+30*time.Second, refreshes, down) },
			9*time.Minute + 50*time.Second, 0, 0, creates,
		},
		"refresh was refused": {
			func(h *history) { h.created(); h.failed(9*time.Minute+30*time.Second, refreshes, status(403, 0)) },
			9*time.Minute + 30*time.Second, 0, 0, creates,
		},
		"refresh was refused, without a key": {
			func(h *history) {
				h.keyless = true
				h.created()
				h.failed(9*time.Minute+30*time.Second, refreshes, status(403, 0))
			}, 9*time.Minute + 30*time.Second, time.Second / 2, time.Second, refreshes,
		},
		"a pause ends with the token": {
			func(h *history) {
				h.created()
				h.failed(10*time.Minute-time.Millisecond, refreshes, down)
				h.failed(10*time.Minute-time.Millisecond, creates, down)
			}, 10*time.Minute - time.Millisecond, time.Millisecond, time.Millisecond, refreshes,
		},
		"a created token is refused as it comes": {
			func(h *history) { h.created(); h.invalidated(h.start) }, 0, time.Second, time.Second, refreshes,
		},
		"a refreshed token is refused as it comes": {
			func(h *history) { h.created(); h.renewed(); h.invalidated(h.start) }, 0, time.Second, time.Second, creates,
		},
		"a refreshed token is refused within ten seconds": {
			func(h *history) { h.created(); h.renewed(); h.invalidated(h.at(10*time.Second - 1)) },
			10*time.Second - 1, 0, 0, creates,
		},
		"a refreshed token is refused later": {
			func(h *history) { h.created(); h.renewed(); h.invalidated(h.at(10 * time.Second)) },
			10 * time.Second, 0, 0, refreshes,
		},
		"an initial token is refused": {
			func(h *history) {
				h.current = newCachedToken(&ClientToken{RefreshToken: "r"}, h.start, time.Hour, time.Hour)
				h.invalidated(h.start)
			}, 0, 0, 0, refreshes,
		},
		"all tokens are refused": {
			func(h *history) {
				for range 6 {
					h.created()
					h.invalidated(h.start)
					h.renewed()
					h.invalidated(h.start)
				}
			}, 0, 15 * time.Second, 30 * time.Second, "",
		},
		"a token is good after refusals": {
			func(h *history) {
				h.created()
				h.renewed()
				h.invalidated(h.start)
				h.created()
				h.failed(time.Hour, creates, down)
			}, time.Hour, time.Second / 2, time.Second, creates,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{start: time.Now()}
			row.history(h)
			wait := max(h.untilFetch(h.at(row.at)), 0)
			require.GreaterOrEqual(t, wait, row.least)
			require.LessOrEqual(t, wait, row.most)
			if row.operation != "" {
				require.Equal(t, row.operation, h.operation(h.at(row.at+wait), ""))
			}
		})
	}
}

// TestOperationInPlaceOfOneThatIsStuck is the other one, if that may be tried.
func TestOperationInPlaceOfOneThatIsStuck(t *testing.T) {
	t.Parallel()
	h := &history{start: time.Now()}
	h.created()
	require.Equal(t, refreshes, h.operation(h.at(time.Minute), ""))
	require.Equal(t, refreshes, h.operation(h.at(time.Minute), creates))
	require.Equal(t, creates, h.operation(h.at(time.Minute), refreshes))
	h.keyless = true
	require.Equal(t, refreshes, h.operation(h.at(time.Minute), refreshes))
	h.keyless = false
	h.failed(time.Minute, creates, errors.New("down"))
	require.Equal(t, refreshes, h.operation(h.at(time.Minute), refreshes))
}

// TestRetriesRateLimit: while callers wait and an operation has not failed, its call retries a 429 by itself.
func TestRetriesRateLimit(t *testing.T) {
	t.Parallel()
	h := &history{start: time.Now()}
	require.True(t, h.retriesRateLimit(h.at(0), creates))
	h.failed(0, refreshes, errors.New("down"))
	require.True(t, h.retriesRateLimit(h.at(0), creates))
	require.False(t, h.retriesRateLimit(h.at(0), refreshes))
	h.created()
	require.False(t, h.retriesRateLimit(h.at(0), refreshes))
	require.True(t, h.retriesRateLimit(h.at(time.Hour), refreshes))
}

// TestTimeout leaves a refresh time for a create: half of the fetch, or what is left before the end of a token's life.
func TestTimeout(t *testing.T) {
	t.Parallel()
	h := &history{start: time.Now()}
	h.created()
	for age, want := range map[time.Duration]time.Duration{
		0:                              30 * time.Second,
		9*time.Minute + 30*time.Second: 15 * time.Second,
		9*time.Minute + 50*time.Second: 5 * time.Second,
		time.Hour:                      30 * time.Second,
	} {
		require.Equal(t, want, h.timeout(h.at(age), refreshes, time.Minute), "%v", age)
		require.Equal(t, time.Minute, h.timeout(h.at(age), creates, time.Minute))
	}
}
