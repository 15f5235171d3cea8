package roomtokens

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// received is the result of an attempt that took no time, with a Date unless that is empty.
func received(at time.Time, date string) *exchange.Result {
	header := http.Header{}
	if date != "" {
		header.Set("Date", date)
	}
	return &exchange.Result{
		Request: &http.Request{}, Response: &http.Response{StatusCode: http.StatusCreated, Header: header},
		SentAt: at, ReceivedAt: at,
	}
}

func TestLifetimeLength(t *testing.T) {
	t.Parallel()
	const maxSecs = 3600
	hour := api.CreateRoomClientTokenRequest{TokenTTLSecs: maxSecs}
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
			require.Equal(t, row.want, max(timeLeft(row.expiresAt, received(now, row.date), maxSecs), 0))
			token, err := receivedToken(&ClientToken{TokenExpiresAt: row.expiresAt}, received(now, row.date), &hour)
			require.Equal(t, row.want, token.valid.left(now))
			if row.want == 0 {
				require.ErrorIs(t, err, ErrInvalidResponse)
				require.Equal(t, row.expiresAt.IsZero(), strings.Contains(err.Error(), "expiry is missing"))
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestLifetimeStartsWhenTheTokenWasAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	result, token := received(now, ""), &ClientToken{TokenExpiresAt: now.Add(10 * time.Second)}
	result.SentAt = now.Add(-9 * time.Second)
	got, err := receivedToken(token, result, &api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, time.Second, got.valid.left(now))

	result.SentAt = now.Add(-10 * time.Second)
	_, err = receivedToken(token, result, &api.CreateRoomClientTokenRequest{})
	require.ErrorIs(t, err, ErrInvalidResponse, "it may have expired on its way")
}

func TestLifetimeEndsByEitherClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, row := range map[string]struct{ monotonic, wall, want time.Duration }{
		"both last":                   {2, 2, 2},
		"both are over":               {-1, -1, 0},
		"over at this instant":        {0, 0, 0},
		"the computer slept":          {59 * time.Minute, -1, 0},
		"it slept for a while":        {59 * time.Minute, 1, 1},
		"the wall clock was set back": {3, 24 * time.Hour, 3},
		"set back, and over":          {-1, 24 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lifetime{end: now.Add(row.monotonic), wallEnd: now.Add(row.wall).Round(0)}
			require.Equal(t, row.want, l.left(now))
		})
	}
	require.Zero(t, lifetime{}.left(now))
	require.Equal(t, lifetime{end: now.Add(time.Hour), wallEnd: now.Add(time.Hour).Round(0)}, newLifetime(now, time.Hour))
}

func TestRefreshLead(t *testing.T) {
	t.Parallel()
	for length, lead := range map[time.Duration]time.Duration{
		-time.Hour: 0, 0: 0, 10 * time.Second: time.Second, 5 * time.Minute: 30 * time.Second,
		10 * time.Minute: time.Minute, time.Hour: time.Minute,
	} {
		now := time.Now()
		smallest, largest := time.Hour, time.Duration(0)
		for range 1000 {
			token := newCachedToken(&ClientToken{}, now, length, time.Hour)
			require.Zero(t, token.refresh, "there is no refresh token")
			require.Equal(t, max(length, 0), token.valid.left(now))
			require.Equal(t, lead/4, token.valid.left(now)-token.unhurried.left(now))
			early := token.valid.left(now) - token.fresh.left(now)
			smallest, largest = min(smallest, early), max(largest, early)
		}
		require.GreaterOrEqual(t, smallest, lead/2)
		require.LessOrEqual(t, largest, lead)
		require.GreaterOrEqual(t, largest-smallest, lead/3, "there is jitter")
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
		token, err := receivedToken(
			&ClientToken{TokenExpiresAt: expiresAt}, received(now, date), &api.CreateRoomClientTokenRequest{})
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidResponse)
			require.Zero(t, token)
			return
		}
		left := token.valid.left(now)
		require.Positive(t, left)
		require.LessOrEqual(t, left, maxSecs*time.Second)
		from := now
		if stated, err := http.ParseTime(date); err == nil {
			from = stated.Add(time.Second)
		}
		require.False(t, from.Add(left).After(expiresAt))
	})
}
