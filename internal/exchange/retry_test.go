package exchange

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRetryable leaves failures of connections and TLS to TestMatrix and TestTLS of test/faults, if they show there.
func TestRetryable(t *testing.T) {
	t.Parallel()
	status := func(code int, err error) *Result {
		return &Result{Call: Call{Operation: create}, Response: &http.Response{StatusCode: code}, Err: err}
	}
	for _, code := range []int{408, 429, 500, 501, 503, 599} {
		require.True(t, retryable(status(code, nil)), code)
	}
	for _, code := range []int{200, 201, 307, 400, 401, 403, 404, 409, 422, 425, 499} {
		require.False(t, retryable(status(code, nil)), code)
	}
	require.False(t, retryable(status(403, io.ErrUnexpectedEOF)), "cut short")
	paced := status(429, nil)
	paced.Paced = true
	require.False(t, retryable(paced), "its caller waits")
	require.False(t, retryable(status(201, ErrTooLarge)))
	require.True(t, retryable(status(201, io.ErrUnexpectedEOF)))
	for _, err := range []error{
		http.ErrSchemeMismatch,
		tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
		&net.OpError{Op: "remote error", Err: tls.AlertError(40)}, &net.OpError{Op: "local error", Err: tls.AlertError(40)},
		&tls.CertificateVerificationError{Err: errors.New("bad name")},
	} {
		require.False(t, retryable(&Result{Err: fmt.Errorf("wrapped: %w", err)}), err)
	}
	require.True(t, retryable(&Result{Err: io.EOF}))
	require.True(t, retryable(&Result{Err: fmt.Errorf("wrapped: %w", says(true))}))
	require.False(t, retryable(&Result{Err: fmt.Errorf("wrapped: %w", says(false))}))
}

// says is an error of a transport that knows whether another attempt helps.
type says bool

func (says) Error() string     { return "refused" }
func (s says) Retryable() bool { return bool(s) }

func TestServerWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	instant := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	for name, row := range map[string]struct {
		status              int
		after, reset, clock string
		want                time.Duration
	}{
		"nothing":                  {429, "", "", "", 0},
		"seconds":                  {503, "7", "", "", 7 * time.Second},
		"zero":                     {503, "0", "", "", 0},
		"negative":                 {503, "-7", "", "", 0},
		"fractional":               {503, "1.5", "", "", 2 * time.Second},
		"whole, with a fraction":   {503, "2.0", "", "", 2 * time.Second},
		"part of a second":         {503, "0.001", "", "", time.Second},
		"signed":                   {503, "+7", "", "", 0},
		"with an exponent":         {503, "1e3", "", "", 0},
		"a year":                   {503, "31536000", "", "", 31536000 * time.Second},
		"overflows a float":        {503, strings.Repeat("9", 400), "", "", 9223372036 * time.Second},
		"overflows an integer":     {503, "99999999999999999999", "", "", 9223372036 * time.Second},
		"date":                     {503, at(9 * time.Second), "", "", 9 * time.Second},
		"date of asctime":          {503, now.Add(9 * time.Second).UTC().Format(time.ANSIC), "", "", 9 * time.Second},
		"date with a zone":         {503, now.Add(9 * time.Second).Format(time.RFC1123Z), "", "", 9 * time.Second},
		"date, by the server's":    {503, at(24*time.Hour + time.Second), "", at(24 * time.Hour), time.Second},
		"date in the past":         {503, at(-time.Hour), "", "", 0},
		"date in the far future":   {503, "Fri, 31 Dec 9999 23:59:59 GMT", "", "", 1<<63 - 1},
		"reset":                    {429, "", "5", "", 5 * time.Second},
		"reset, the largest wait":  {429, "", "1000000000", "", 1_000_000_000 * time.Second},
		"reset, the first instant": {429, "", "1000000001", "", 0},
		"reset, an instant":        {429, "", instant(5 * time.Second), "", 5 * time.Second},
		"reset, a past instant":    {429, "", instant(-5 * time.Second), "", 0},
		"reset, by the server's":   {429, "", instant(3605 * time.Second), at(time.Hour), 5 * time.Second},
		"reset, negative":          {429, "", "-5", "", 0},
		"reset without a 429":      {503, "", "5", "", 0},
		"both":                     {429, "2", "5", "", 2 * time.Second},
		"garbage, then reset":      {429, "soon", "5", "", 5 * time.Second},

		// Of several headers (with \n between them), which a proxy may have joined.
		"the longest":       {503, "7\n9, 8", "", "", 9 * time.Second},
		"garbage among":     {503, "soon, 9", "", "", 9 * time.Second},
		"date among":        {503, "7, " + at(9*time.Second) + ", 8", "", "", 9 * time.Second},
		"reset, the first":  {429, "", "5\n60", "", 5 * time.Second},
		"reset with policy": {429, "", "5, 100;w=60", "", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{
				"Retry-After":       strings.Split(row.after, "\n"),
				"X-Ratelimit-Reset": strings.Split(row.reset, "\n"),
				"Date":              {row.clock},
			}
			require.Equal(t, row.want, ServerWait(row.status, header, now))
			wait, ok := retryWait(0, row.status, header, now)
			require.Equal(t, row.want <= 30*time.Second, ok)
			if row.want > 0 && ok {
				requireAsked(t, row.want, wait)
			} else if ok {
				requireBetween(t, 250*time.Millisecond, 500*time.Millisecond, wait)
			}
		})
	}
}

// requireAsked wants a wait of as long as the server has asked for, and up to a tenth longer.
func requireAsked(t *testing.T, asked, wait time.Duration) {
	t.Helper()
	requireBetween(t, asked, asked*11/10, wait)
}

func requireBetween(t *testing.T, least, most, wait time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, wait, least)
	require.LessOrEqual(t, wait, most)
}

// spread returns the shortest and the longest of many waits.
func spread(t *testing.T, retries int, header http.Header) (least, most time.Duration) {
	t.Helper()
	least = time.Hour
	for range 1000 {
		wait, ok := retryWait(retries, 500, header, time.Now())
		require.True(t, ok)
		least, most = min(least, wait), max(most, wait)
	}
	return least, most
}

// TestBackoff doubles a bound. Any wait from half of it to the whole is as likely.
func TestBackoff(t *testing.T) {
	t.Parallel()
	for retries, bound := range map[int]time.Duration{
		0: 500 * time.Millisecond, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		4: 8 * time.Second, 5: 8 * time.Second, 1 << 30: 8 * time.Second,
	} {
		least, most := spread(t, retries, nil)
		requireBetween(t, bound/2, bound*55/100, least)
		requireBetween(t, bound*95/100, bound, most)
	}
}

// FuzzRetryWait: whatever the headers say, a wait that is obeyed is neither negative nor over 33 s, and a whole number
// of seconds from 1 to 30 is obeyed, and up to a tenth more.
func FuzzRetryWait(f *testing.F) {
	for _, value := range []string{
		"", "1", "30", "31", "+1", "1e3", "0x10", " 7", "18446744073709551616", "9700000000000000000",
		"Thu, 01 Jan 1970 00:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
	} {
		f.Add(value, "", "Thu, 01 Jan 2026 00:00:00 GMT", 503)
		f.Add("", value, "", 429)
	}
	f.Fuzz(func(t *testing.T, after, reset, date string, status int) {
		header := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}, "Date": {date}}
		wait, ok := retryWait(0, status, header, time.Now())
		if ok {
			requireBetween(t, 250*time.Millisecond, 33*time.Second, wait)
		}
		value := after
		if after == "" && status == http.StatusTooManyRequests {
			value = reset
		}
		if secs, err := strconv.ParseUint(value, 10, 64); err == nil && 1 <= secs && secs <= 30 {
			require.True(t, ok)
			requireAsked(t, time.Duration(secs)*time.Second, wait)
		}
	})
}
