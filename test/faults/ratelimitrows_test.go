package faults_test

import (
	"net/http"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// longestWait is as long as any server can make a call wait.
const longestWait = 30 * time.Second

// rateLimitRows are the forms in which a server may say when to come back. A wait of zero stands for one that makes no
// sense, so that the client's own backoff takes its place.
func rateLimitRows() map[string]row {
	const retryAfter, reset = "Retry-After", "X-Ratelimit-Reset"
	rows := map[string]row{}
	for name, form := range map[string]struct {
		headers []string
		wait    time.Duration
	}{
		"without a wait":                      {nil, 0},
		"Retry-After in seconds":              {[]string{retryAfter, "7"}, 7 * time.Second},
		"Retry-After of 30 s":                 {[]string{retryAfter, "30"}, 30 * time.Second},
		"Retry-After of 31 s":                 {[]string{retryAfter, "31"}, longestWait},
		"Retry-After of zero":                 {[]string{retryAfter, "0"}, 0},
		"Retry-After, negative":               {[]string{retryAfter, "-7"}, 0},
		"Retry-After of a year":               {[]string{retryAfter, "31536000"}, longestWait},
		"Retry-After, overflows a Duration":   {[]string{retryAfter, "9223372037"}, longestWait},
		"Retry-After, overflows an integer":   {[]string{retryAfter, "99999999999999999999"}, 30 * time.Second},
		"Retry-After, negative overflow":      {[]string{retryAfter, "-9223372036854775808"}, 0},
		"Retry-After, fractional":             {[]string{retryAfter, "1.5"}, 0},
		"Retry-After, garbage":                {[]string{retryAfter, "soon"}, 0},
		"Retry-After, empty":                  {[]string{retryAfter, ""}, 0},
		"Retry-After, date in year 9999":      {[]string{retryAfter, "Fri, 31 Dec 9999 23:59:59 GMT"}, longestWait},
		"Retry-After, date in year 1":         {[]string{retryAfter, "Mon, 01 Jan 0001 00:00:00 GMT"}, 0},
		"Retry-After, date that is none":      {[]string{retryAfter, "Fri, 31 Feb 2000 23:59:59 GMT"}, 0},
		"reset":                               {[]string{reset, "5"}, 5 * time.Second},
		"reset of zero":                       {[]string{reset, "0"}, 0},
		"reset, negative":                     {[]string{reset, "-5"}, 0},
		"reset as an instant":                 {[]string{reset, "1893456000"}, longestWait},
		"reset, overflows a Duration":         {[]string{reset, "9223372037"}, longestWait},
		"reset, overflows an integer":         {[]string{reset, "99999999999999999999"}, 30 * time.Second},
		"reset, fractional":                   {[]string{reset, "1.5"}, 0},
		"reset, garbage":                      {[]string{reset, "soon"}, 0},
		"Retry-After before reset":            {[]string{retryAfter, "2", reset, "5"}, 2 * time.Second},
		"reset in place of a bad Retry-After": {[]string{retryAfter, "soon", reset, "5"}, 5 * time.Second},
	} {
		rows["429 "+name] = rateLimitRow(reply(429, "", form.headers...), form.wait)
	}
	rows["429 Retry-After, date"] = rateLimitRow(dated(0, 9*time.Second), 9*time.Second)
	rows["429 Retry-After, date in the past"] = rateLimitRow(dated(0, -9*time.Second), 0)
	rows["429 Retry-After, date, by a clock a day fast"] = rateLimitRow(dated(24*time.Hour, 9*time.Second), 9*time.Second)
	rows["429 Retry-After, date, by a clock a day slow"] = rateLimitRow(dated(-24*time.Hour, 9*time.Second), 9*time.Second)
	rows["503 Retry-After in seconds"] = row{
		fault: fault{serve: reply(503, "", retryAfter, "7")}, attempts: 3, wait: 7 * time.Second,
		want: outcome{status: 503, is: []error{roomtokens.ErrServer}},
	}
	rows["503 reset"] = row{
		fault: fault{serve: reply(503, "", reset, "5")}, attempts: 3, want: outcome{status: 503, is: []error{roomtokens.ErrServer}},
	}
	return rows
}

func rateLimitRow(serve serveFunc, wait time.Duration) row {
	return row{
		fault: fault{serve: serve}, attempts: 3, wait: wait,
		want: outcome{status: 429, is: []error{roomtokens.ErrRateLimited}},
	}
}

// dated asks for a wait by a date, told by a clock that is so much ahead.
func dated(ahead, wait time.Duration) serveFunc {
	return func(w http.ResponseWriter, req *http.Request, count int) {
		now := time.Now().UTC().Add(ahead)
		reply(429, "", "Date", now.Format(http.TimeFormat), "Retry-After", now.Add(wait).Format(http.TimeFormat))(w, req, count)
	}
}
