package roomtokens

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

func TestRetryable(t *testing.T) {
	t.Parallel()
	status := func(code int, err error) *response {
		return &response{operation: api.OperationCreateRoomClientToken, http: &http.Response{StatusCode: code}, err: err}
	}
	failed := func(err error) *response { return &response{err: fmt.Errorf("wrapped: %w", err)} }
	for name, row := range map[string]struct {
		resp *response
		want bool
	}{
		"connection refused":      {failed(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), true},
		"connection reset":        {failed(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true},
		"connection closed":       {failed(io.EOF), true},
		"host not found":          {failed(&net.DNSError{Err: "no such host", IsNotFound: true}), true},
		"attempt timeout":         {failed(context.DeadlineExceeded), true},
		"certificate":             {failed(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), false},
		"certificate, bare":       {failed(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}), false},
		"TLS alert":               {failed(&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}), false},
		"TLS version":             {failed(errors.New("tls: server selected unsupported protocol version 301")), false},
		"plain HTTP where TLS is": {failed(http.ErrSchemeMismatch), false},
		"201":                     {status(201, nil), false},
		"201, connection lost":    {status(201, io.ErrUnexpectedEOF), true},
		"201, too large":          {status(201, errTooLarge), false},
		"403, connection lost":    {status(403, io.ErrUnexpectedEOF), false},
		"200":                     {status(200, nil), false},
		"307":                     {status(307, nil), false},
		"400":                     {status(400, nil), false},
		"401":                     {status(401, nil), false},
		"403":                     {status(403, nil), false},
		"404":                     {status(404, nil), false},
		"408":                     {status(408, nil), true},
		"409":                     {status(409, nil), false},
		"422":                     {status(422, nil), false},
		"425":                     {status(425, nil), false},
		"429":                     {status(429, nil), true},
		"500":                     {status(500, nil), true},
		"501":                     {status(501, nil), true},
		"503":                     {status(503, nil), true},
		"599":                     {status(599, nil), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, retryable(row.resp))
		})
	}
}

func TestServerWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, row := range map[string]struct {
		status int
		header map[string]string
		want   time.Duration
	}{
		"nothing":                 {429, nil, 0},
		"seconds":                 {503, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"zero":                    {503, map[string]string{"Retry-After": "0"}, 0},
		"negative":                {503, map[string]string{"Retry-After": "-7"}, 0},
		"fractional":              {503, map[string]string{"Retry-After": "1.5"}, 0},
		"garbage":                 {503, map[string]string{"Retry-After": "soon"}, 0},
		"empty":                   {503, map[string]string{"Retry-After": ""}, 0},
		"a year":                  {503, map[string]string{"Retry-After": "31536000"}, 31536000 * time.Second},
		"overflows a Duration":    {503, map[string]string{"Retry-After": "9223372037"}, 9223372036 * time.Second},
		"overflows an integer":    {503, map[string]string{"Retry-After": "99999999999999999999"}, 9223372036 * time.Second},
		"date":                    {503, map[string]string{"Retry-After": at(9 * time.Second)}, 9 * time.Second},
		"date, by the server's":   {503, map[string]string{"Retry-After": at(24*time.Hour + time.Second), "Date": at(24 * time.Hour)}, time.Second},
		"date in the past":        {503, map[string]string{"Retry-After": at(-time.Hour)}, 0},
		"date in the far future":  {503, map[string]string{"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 1<<63 - 1},
		"reset":                   {429, map[string]string{"X-Ratelimit-Reset": "5"}, 5 * time.Second},
		"reset, the largest wait": {429, map[string]string{"X-Ratelimit-Reset": "1000000000"}, 1_000_000_000 * time.Second},
		"reset, an instant":       {429, map[string]string{"X-Ratelimit-Reset": strconv.FormatInt(now.Unix()+5, 10)}, 5 * time.Second},
		"reset, a past instant":   {429, map[string]string{"X-Ratelimit-Reset": strconv.FormatInt(now.Unix()-5, 10)}, 0},
		"reset, by the server's": {
			429, map[string]string{"X-Ratelimit-Reset": strconv.FormatInt(now.Unix()+3605, 10), "Date": at(time.Hour)}, 5 * time.Second,
		},
		"reset, negative":          {429, map[string]string{"X-Ratelimit-Reset": "-5"}, 0},
		"reset without a 429":      {503, map[string]string{"X-Ratelimit-Reset": "5"}, 0},
		"Retry-After before reset": {429, map[string]string{"Retry-After": "2", "X-Ratelimit-Reset": "5"}, 2 * time.Second},
		"garbage, then reset":      {429, map[string]string{"Retry-After": "soon", "X-Ratelimit-Reset": "5"}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for key, value := range row.header {
				header.Set(key, value)
			}
			require.Equal(t, row.want, serverWait(row.status, header, now))
			wait := retryWait(1, row.status, header, now)
			if row.want > 0 {
				require.Equal(t, min(row.want, 30*time.Second), wait)
			} else {
				require.LessOrEqual(t, wait, 250*time.Millisecond)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt, bound := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 4: 2 * time.Second,
		5: 4 * time.Second, 6: 8 * time.Second, 7: 8 * time.Second, 1 << 30: 8 * time.Second,
	} {
		t.Run(fmt.Sprint(attempt), func(t *testing.T) {
			t.Parallel()
			var least, most time.Duration = bound, 0
			for range 1000 {
				wait := retryWait(attempt, 500, nil, time.Time{})
				least, most = min(least, wait), max(most, wait)
			}
			require.GreaterOrEqual(t, least, time.Duration(0))
			require.LessOrEqual(t, most, bound)
			require.Less(t, least, bound/10, "the jitter is full")
			require.Greater(t, most, bound*9/10, "the jitter is full")
		})
	}
}

func TestIsContextError(t *testing.T) {
	t.Parallel()
	require.True(t, isContextError(fmt.Errorf("x: %w", context.Canceled)))
	require.True(t, isContextError(context.DeadlineExceeded))
	require.False(t, isContextError(io.EOF))
}

// FuzzRetryAfter and FuzzRateLimitReset: whatever the header says, the wait is neither negative nor over 30 s, and a
// whole number of seconds from 1 to 30 is obeyed to the letter.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "1", "30", "31", "-1", "+1", "1.5", "1e3", "0x10", " 7", "9223372036", "9223372037", "18446744073709551616",
		"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "soon",
	} {
		f.Add(value, "Thu, 01 Jan 2026 00:00:00 GMT", 429)
		f.Add(value, "", 503)
	}
	f.Fuzz(func(t *testing.T, value, date string, status int) {
		header := http.Header{"Retry-After": {value}, "Date": {date}}
		requireSaneWait(t, value, status, header)
	})
}

func FuzzRateLimitReset(f *testing.F) {
	for _, value := range []string{"", "0", "1", "30", "31", "-1", "1.5", "1767225600", "9223372037", "18446744073709551616", "soon"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{"X-Ratelimit-Reset": {value}}
		requireSaneWait(t, value, http.StatusTooManyRequests, header)
	})
}

func requireSaneWait(t *testing.T, value string, status int, header http.Header) {
	t.Helper()
	wait := retryWait(1, status, header, time.Now())
	require.GreaterOrEqual(t, wait, time.Duration(0))
	require.LessOrEqual(t, wait, 30*time.Second)
	if secs, err := strconv.ParseUint(value, 10, 64); err == nil && 1 <= secs && secs <= 30 {
		require.Equal(t, time.Duration(secs)*time.Second, wait)
	}
}
