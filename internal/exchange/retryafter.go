package exchange

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServerWait returns the wait that the server asked for, or zero.
func ServerWait(status int, header http.Header, now time.Time) time.Duration {
	if wait := retryAfter(header, now); wait > 0 {
		return wait
	}
	if status == http.StatusTooManyRequests {
		return RateLimitReset(header, now)
	}
	return 0
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date, also one with a numeric zone (+0000). Of
// several, as a proxy may add its own, the longest counts.
func retryAfter(header http.Header, now time.Time) (longest time.Duration) {
	before := ""
	for _, member := range members(header, "Retry-After") {
		longest = max(longest, seconds(member),
			untilDate(member, header, now),             // that of asctime
			untilDate(before+", "+member, header, now), // others have a comma in them
		)
		before = member
	}
	return longest
}

// untilDate returns how long it is until then: less than nothing where value is no date or a past one.
func untilDate(value string, header http.Header, now time.Time) time.Duration {
	until, err := http.ParseTime(value)
	if err != nil {
		until, _ = time.Parse(time.RFC1123Z, value) // the zero time, which is past, where it is no date
	}
	return until.Sub(serverTime(header, now))
}

// maxResetWait is the largest X-Ratelimit-Reset that is read as seconds to wait. Larger ones are instants, in seconds
// since 1970, as other APIs send them.
const maxResetWait = 1_000_000_000 * time.Second

// RateLimitReset reads X-Ratelimit-Reset: how long until the next window of requests begins.
func RateLimitReset(header http.Header, now time.Time) time.Duration {
	reset := seconds(FirstNumber(header, "X-Ratelimit-Reset"))
	if reset <= maxResetWait {
		return reset
	}
	return max(time.Unix(0, 0).Add(reset).Sub(serverTime(header, now)), 0)
}

// serverTime returns the response's Date, so that a wrong clock on this side has no effect, or now if there is none.
func serverTime(header http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return now
}

// seconds reads a decimal number of seconds from zero up, rounded up to a whole one and at most what a Duration can
// hold; anything else is zero. RFC 9110 has whole numbers only, but servers send others.
func seconds(value string) time.Duration {
	seconds, err := strconv.ParseFloat(value, 64)
	if strings.Trim(value, "0123456789.") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(math.Ceil(seconds), float64(math.MaxInt64/int64(time.Second)))) * time.Second
}

// FirstNumber returns the number with which a header begins: "100" of "100, 100;w=60", as in drafts of RateLimit.
func FirstNumber(header http.Header, name string) string {
	number, _, _ := strings.Cut(members(header, name)[0], ";")
	return strings.TrimSpace(number)
}

// members returns the members of a header, which a proxy may have joined with commas, or left in several headers (RFC
// 9110, section 5.3). There is at least one, which may be empty.
func members(header http.Header, name string) []string {
	members := strings.Split(strings.Join(header.Values(name), ","), ",")
	for i := range members {
		members[i] = strings.TrimSpace(members[i])
	}
	return members
}
