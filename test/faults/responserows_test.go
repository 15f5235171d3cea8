package faults_test

import (
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// responseRows are responses that are too large, or that change from one attempt to the next. The root's tests have
// what a response of each status comes to, and the waits that a server may ask for.
func responseRows() map[string]row {
	unavailable := outcome{status: 503, is: []error{roomtokens.ErrServer}}
	return map[string]row{
		"gzip bomb":           finalRow(huge(201, true), 201, "larger than 1 MiB", roomtokens.ErrInvalidResponse),
		"200 MiB body":        finalRow(huge(201, false), 201, "larger than 1 MiB", roomtokens.ErrInvalidResponse),
		"200 MiB refusal":     finalRow(huge(403, false), 403, "larger than 1 MiB", roomtokens.ErrForbidden),
		"307 to another host": finalRow(reply(307, "", "Location", "http://127.0.0.2/"), 307, "Temporary Redirect"),
		"200 MiB 502": {
			fault: fault{serve: huge(502, false)}, attempts: 3,
			want: outcome{status: 502, text: "larger than 1 MiB", is: []error{roomtokens.ErrServer}},
		},
		"503 then 201": {
			fault: fault{serve: first(reply(503, ""), succeed)}, attempts: 2, want: outcome{status: 201}, once: &unavailable,
		},
		"429 then 403": {
			fault: fault{serve: first(reply(429, "", "Retry-After", "7"), reply(403, ""))}, attempts: 2, wait: 7 * time.Second,
			want: outcome{status: 403, is: []error{roomtokens.ErrForbidden}},
			once: &outcome{status: 429, is: []error{roomtokens.ErrRateLimited}},
		},
	}
}

// finalRow is for a response that is not retried.
func finalRow(serve serveFunc, status int, text string, is ...error) row {
	return row{fault: fault{serve: serve}, attempts: 1, want: outcome{status: status, text: text, is: is}}
}
