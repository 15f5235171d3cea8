package roomtokens

import (
	"net/http"
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
	const asked = 3600
	hour := api.CreateRoomClientTokenRequest{TokenTTLSecs: asked}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	date := now.Format(http.TimeFormat)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, row := range map[string]struct {
		expiresAt time.Time
		date      string
		want      time.Duration
	}{
		"by the server's clock":          {now.Add(time.Hour), at(30 * time.Minute), 30*time.Minute - time.Second},
		"by this clock":                  {now.Add(30 * time.Minute), "", 30 * time.Minute},
		"Date is not a date":             {now.Add(30 * time.Minute), "yesterday", 30 * time.Minute},
		"Date is up to a second old":     {now.Add(10 * time.Minute), date, 10*time.Minute - time.Second},
		"a little long, by the server's": {now.Add(time.Hour + 2500*time.Millisecond), date, time.Hour},
		"a little long, by this clock":   {now.Add(time.Hour + 3*time.Second), "", time.Hour},
		"a nanosecond":                   {now.Add(time.Second + 1), date, 1},

		// Clocks that disagree: what was asked for counts.
		"Date is an hour behind":    {now.Add(time.Hour), at(-time.Hour), time.Hour},
		"Date is an hour ahead":     {now.Add(time.Hour), at(time.Hour), time.Hour},
		"this clock is behind":      {now.Add(3 * time.Hour), "", time.Hour},
		"this clock is ahead":       {now.Add(-time.Hour), "", time.Hour},
		"expires as it is received": {now.Add(time.Second), date, time.Hour},
		"the beginning of time":     {time.Unix(-62135596799, 0), date, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := receivedToken(&ClientToken{TokenExpiresAt: row.expiresAt}, received(now, row.date), &hour)
			require.NoError(t, err)
			require.Equal(t, row.want, token.valid.left(now))
		})
	}
	_, err := receivedToken(&ClientToken{}, received(now, date), &hour)
	require.ErrorIs(t, err, ErrInvalidResponse)
	require.ErrorContains(t, err, "expiry is missing")
}

// TestLifetimeNotAskedFor is the spec's default at the most, of both tokens.
func TestLifetimeNotAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	token := &ClientToken{
		TokenExpiresAt: now.Add(24 * time.Hour), RefreshToken: "r", RefreshTokenExpiresAt: now.Add(24 * time.Hour),
	}
	got, err := receivedToken(token, received(now, ""), &api.CreateRoomClientTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, 10*time.Minute, got.valid.left(now))
	require.Equal(t, time.Hour, got.refresh.left(now))
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

// TestLead has a token renewed at a random time in a part of its life before the end, and created in the last quarter
// of that.
func TestLead(t *testing.T) {
	t.Parallel()
	for length, lead := range map[time.Duration]time.Duration{
		-time.Hour: 0, 0: 0, 10 * time.Second: 5 * time.Second, time.Minute: 20 * time.Second,
		5 * time.Minute: 30 * time.Second, 10 * time.Minute: time.Minute, time.Hour: time.Minute,
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

// TestSpread has a token renewed at any time from a third of its life on.
func TestSpread(t *testing.T) {
	t.Parallel()
	now := time.Now()
	smallest, largest := time.Hour, time.Duration(0)
	for range 1000 {
		token := newCachedToken(&ClientToken{}, now, 10*time.Minute, time.Hour)
		token.spread(now)
		smallest, largest = min(smallest, token.fresh.left(now)), max(largest, token.fresh.left(now))
		require.Equal(t, 10*time.Minute, token.valid.left(now))
	}
	require.GreaterOrEqual(t, smallest, 200*time.Second)
	require.Less(t, smallest, 220*time.Second)
	require.Greater(t, largest, 540*time.Second)
	require.LessOrEqual(t, largest, 570*time.Second)

	old := newCachedToken(&ClientToken{}, now, 10*time.Minute, time.Hour)
	then := now.Add(590 * time.Second)
	old.spread(then)
	require.Zero(t, old.fresh.left(then), "what is to be renewed stays so")
}

// FuzzLifetime: whatever a server says of its clock and a token's expiry, a lifetime is positive and within what was
// asked for.
func FuzzLifetime(f *testing.F) {
	f.Add(int64(1767226200), int64(0), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(1767229201), int64(999999999), "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add(int64(253402300799), int64(0), "Thu, 01 Jan 1970 00:00:00 GMT")
	f.Add(int64(-62135596800), int64(0), "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(int64(1767226200), int64(0), "yesterday")
	f.Add(int64(1767226118), int64(-30), "")
	f.Add(int64(1767229191), int64(1000000056), "")
	f.Fuzz(func(t *testing.T, expiresUnix, expiresNano int64, date string) {
		const asked = api.CreateRoomClientTokenRequestTokenTTLSecsDefault * time.Second
		expiresAt, now := time.Unix(expiresUnix, expiresNano), time.Unix(1767225600, 0)
		token, err := receivedToken(
			&ClientToken{TokenExpiresAt: expiresAt}, received(now, date), &api.CreateRoomClientTokenRequest{})
		if err != nil {
			require.True(t, expiresAt.IsZero())
			return
		}
		left := token.valid.left(now)
		require.Positive(t, left)
		require.LessOrEqual(t, left, asked)
		from := now
		if stated, err := http.ParseTime(date); err == nil {
			from = stated.Add(time.Second)
		}
		require.True(t, left == asked || from.Add(left).Equal(expiresAt))
	})
}
