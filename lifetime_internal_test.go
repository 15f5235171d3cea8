package roomtokens

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// received is a response that took no time, with a Date unless that is empty.
func received(at time.Time, date string) *response {
	header := http.Header{}
	if date != "" {
		header.Set("Date", date)
	}
	return &response{http: &http.Response{Header: header}, sentAt: at, receivedAt: at}
}

func TestLifetimeLength(t *testing.T) {
	t.Parallel()
	const maxSecs = 3600
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	date, halfPast := now.Format(http.TimeFormat), now.Add(30*time.Minute).Format(http.TimeFormat)
	for name, row := range map[string]struct {
		expiresAt time.Time
		date      string
		want      time.Duration // zero for an error
	}{
		"by the server's clock":            {now.Add(time.Hour), halfPast, 30*time.Minute - time.Second},
		"by this clock":                    {now.Add(time.Hour), "", time.Hour},
		"Date is not a date":               {now.Add(time.Hour), "yesterday", time.Hour},
		"Date is up to a second old":       {now.Add(10 * time.Minute), date, 10*time.Minute - time.Second},
		"a little long, by the server's":   {now.Add(time.Hour + 2500*time.Millisecond), date, time.Hour},
		"a little long, by this clock":     {now.Add(time.Hour + 3*time.Second), "", time.Hour},
		"much too long":                    {now.Add(100 * 365 * 24 * time.Hour), date, time.Hour},
		"a nanosecond":                     {now.Add(time.Second + 1), date, 1},
		"expires as it is received":        {now.Add(time.Second), date, 0},
		"expired":                          {now.Add(-time.Hour), date, 0},
		"expires at the beginning of time": {time.Unix(-62135596799, 0), date, 0},
		"no expiry":                        {time.Time{}, date, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := newLifetime(row.expiresAt, received(now, row.date), maxSecs)
			require.Equal(t, lifetimeOrZero(now, row.want), l)
			if row.want == 0 {
				require.ErrorIs(t, err, ErrInvalidResponse)
				require.Equal(t, row.expiresAt.IsZero(), strings.Contains(err.Error(), "expiry is missing"))
				return
			}
			require.NoError(t, err)
			_, err = newCachedToken(&ClientToken{TokenExpiresAt: row.expiresAt}, received(now, row.date), maxSecs)
			require.NoError(t, err)
		})
	}
}

func lifetimeOrZero(start time.Time, length time.Duration) lifetime {
	if length == 0 {
		return lifetime{}
	}
	return lifetime{start: start, length: length}
}

func TestLifetimeStartsWhenTheTokenWasAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	resp := received(now, "")
	resp.sentAt = now.Add(-9 * time.Second)
	l, err := newLifetime(now.Add(10*time.Second), resp, 3600)
	require.NoError(t, err)
	require.True(t, l.contains(now.Add(time.Second-1)))
	require.False(t, l.contains(now.Add(time.Second)))

	resp.sentAt = now.Add(-10 * time.Second)
	_, err = newLifetime(now.Add(10*time.Second), resp, 3600)
	require.ErrorIs(t, err, ErrInvalidResponse, "it may have expired on its way")
}

func TestLifetimeWithTwoClocks(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for name, row := range map[string]struct {
		wall, monotonic time.Duration // since start
		want            bool
	}{
		"both last":                   {59 * time.Minute, 59 * time.Minute, true},
		"both are over":               {time.Hour, time.Hour, false},
		"the computer slept":          {time.Hour, time.Minute, false},
		"the wall clock was set back": {-24 * time.Hour, 59 * time.Minute, true},
		"set back, and over":          {-24 * time.Hour, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := shiftMonotonic(t, start.Add(row.wall), row.monotonic-row.wall)
			require.Equal(t, row.want, lifetime{start: start, length: time.Hour}.contains(now))
		})
	}
	require.False(t, lifetime{}.contains(start))
}

// shiftMonotonic returns at with another monotonic reading, which stands in its second word.
func shiftMonotonic(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	shifted := at
	*(*int64)(unsafe.Add(unsafe.Pointer(&shifted), 8)) += int64(d)
	require.Equal(t, d, shifted.Sub(at))
	require.True(t, shifted.Round(0).Equal(at.Round(0)))
	return shifted
}

func TestRefreshLead(t *testing.T) {
	t.Parallel()
	for length, lead := range map[time.Duration]time.Duration{
		10 * time.Second: time.Second, 5 * time.Minute: 30 * time.Second,
		10 * time.Minute: time.Minute, time.Hour: time.Minute,
	} {
		now := time.Now()
		smallest, largest := length, time.Duration(0)
		for range 1000 {
			token, err := newCachedToken(&ClientToken{TokenExpiresAt: now.Add(length)}, received(now, ""), 3600)
			require.NoError(t, err)
			require.Equal(t, lifetime{now, length}, token.valid)
			require.Equal(t, now, token.fresh.start)
			early := token.valid.length - token.fresh.length
			smallest, largest = min(smallest, early), max(largest, early)
		}
		require.GreaterOrEqual(t, smallest, lead/2)
		require.LessOrEqual(t, largest, lead)
		require.Greater(t, largest-smallest, lead/3, "there is jitter")
	}
}

// FuzzLifetime: whatever a server says of its clock and a token's expiry, a lifetime is an error or within its bound,
// and by the server's clock it does not outlive the token.
func FuzzLifetime(f *testing.F) {
	f.Add(int64(1767226200), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767225600), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767229201), int64(999999999), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(253402300799), int64(0), "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Add(int64(-62135596800), int64(0), "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(int64(1767226200), int64(0), "yesterday")
	f.Add(int64(1767226118), int64(-30), "")
	f.Add(int64(1767229191), int64(1000000056), "")
	f.Fuzz(func(t *testing.T, expiresUnix, expiresNano int64, date string) {
		const maxSecs = api.CreateRoomClientTokenRequestTokenTTLSecsMax
		expiresAt, now := time.Unix(expiresUnix, expiresNano), time.Unix(1767225600, 0)
		l, err := newLifetime(expiresAt, received(now, date), maxSecs)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidResponse)
			require.Zero(t, l)
			return
		}
		require.Positive(t, l.length)
		require.LessOrEqual(t, l.length, maxSecs*time.Second)
		from := now
		if stated, err := http.ParseTime(date); err == nil {
			from = stated.Add(time.Second)
		}
		require.False(t, from.Add(l.length).After(expiresAt))
	})
}
