package roomtokens

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPause(t *testing.T) {
	t.Parallel()
	for failures, bound := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: 30 * time.Second, 1 << 30: 30 * time.Second,
	} {
		least, most := bound, time.Duration(0)
		for range 1000 {
			wait := pause(failures)
			least, most = min(least, wait), max(most, wait)
		}
		require.GreaterOrEqual(t, least, bound/2)
		require.Less(t, most, bound)
		require.Greater(t, most-least, bound/3, "there is jitter")
	}
}

func TestEarlyWindow(t *testing.T) {
	t.Parallel()
	for life, early := range map[time.Duration]time.Duration{
		11 * time.Second: time.Second, 301 * time.Second: 30 * time.Second,
		601 * time.Second: time.Minute, time.Hour: time.Minute,
	} {
		now := time.Now().Truncate(time.Second)
		resp := &http.Response{
			Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}},
			Body:   &answer{sent: now},
		}
		least, most := life, time.Duration(0)
		for range 1000 {
			lease, err := newLease(&ClientToken{TokenExpiresAt: now.Add(life)}, resp, now)
			require.NoError(t, err)
			require.Equal(t, now.Add(life-time.Second), lease.endsAt, "the Date may be all but a second old")
			window := lease.endsAt.Sub(lease.renewAt)
			least, most = min(least, window), max(most, window)
		}
		require.GreaterOrEqual(t, least, early/2)
		require.LessOrEqual(t, most, early)
		require.Greater(t, most-least, early/3, "there is jitter")
	}
}

func TestLeaseOfAnInstant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		resp := &http.Response{Header: http.Header{}, Body: &answer{sent: now}}
		lease, err := newLease(&ClientToken{TokenExpiresAt: now.Add(10)}, resp, now)
		require.NoError(t, err)
		require.WithinRange(t, lease.renewAt, now, lease.endsAt)
	})
}

// FuzzLifetime: whatever a server says of its clock and a token's end, a lifetime is an error or within the spec's bound,
// and by the same clock it ends where the token does.
func FuzzLifetime(f *testing.F) {
	f.Add(int64(1767226200), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767225600), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767229201), int64(999999999), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767225599), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(253402300799), int64(0), "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Add(int64(-62135596800), int64(0), "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(int64(1767226200), int64(0), "")
	f.Add(int64(1767226200), int64(0), "yesterday")
	f.Fuzz(func(t *testing.T, expiresUnix, expiresNano int64, date string) {
		expires := time.Unix(expiresUnix, expiresNano)
		received := time.Unix(1767225600, 0)
		resp := &http.Response{Header: http.Header{"Date": {date}}, Body: &answer{}}
		span, err := lifetime(expires, resp, received, MaxTokenTTLSecs)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidResponse)
			require.Zero(t, span)
			return
		}
		require.Positive(t, span)
		require.Less(t, span, (MaxTokenTTLSecs+1)*time.Second)
		from := received
		if stated, err := http.ParseTime(date); err == nil {
			from = stated.Add(time.Second)
		}
		require.True(t, expires.Equal(from.Add(span)))
	})
}
