package faults_test

import (
	"github.com/roomtokens/roomtokens-go"
)

// answerRows are answers that arrive whole, or that are too large to.
func answerRows() map[string]row {
	return map[string]row{
		"truncated JSON":  finalRow(reply(201, goodBody[:60]), 201, "body is not valid JSON", roomtokens.ErrInvalidResponse),
		"gzip bomb":       finalRow(huge(201, true), 201, "larger than 1 MiB", roomtokens.ErrInvalidResponse),
		"200 MiB body":    finalRow(huge(201, false), 201, "larger than 1 MiB", roomtokens.ErrInvalidResponse),
		"200 MiB refusal": finalRow(huge(403, false), 403, "larger than 1 MiB", roomtokens.ErrForbidden),
		"307 to another host": finalRow(
			reply(307, "", "Location", "http://127.0.0.2/collect"), 307, "Temporary Redirect"),
		"307 to nowhere": finalRow(reply(307, "", "Location", "http://[r.e.f"), 307, "Temporary Redirect"),
		"400":            finalRow(reply(400, ""), 400, "Bad Request", roomtokens.ErrInvalidRequest),
		"401":            finalRow(reply(401, ""), 401, "Unauthorized", roomtokens.ErrUnauthorized),
		"403":            finalRow(reply(403, ""), 403, "Forbidden", roomtokens.ErrForbidden),
		"404":            finalRow(reply(404, ""), 404, "Not Found", roomtokens.ErrNotFound),
		"409":            finalRow(reply(409, ""), 409, "Conflict"),
		"422":            finalRow(reply(422, ""), 422, "Unprocessable", roomtokens.ErrInvalidRequest),
		"408":            lastingRow(reply(408, ""), 408, "Request Timeout"),
		"HTML 502":       lastingRow(reply(502, "<html>bad gateway</html>", "Content-Type", "text/html"), 502, "Bad Gateway", roomtokens.ErrServer),
		"200 MiB 502":    lastingRow(huge(502, false), 502, "larger than 1 MiB", roomtokens.ErrServer),
		"500 three times": lastingRow(
			reply(500, `{"errors":[{"code":"10007","title":"unexpected"}]}`), 500, "10007 unexpected", roomtokens.ErrServer),
		"503 then 201": {
			fault:    fault{serve: first(reply(503, ""), answered)},
			attempts: 2,
			want:     outcome{status: 201},
			once:     &outcome{status: 503, is: []error{roomtokens.ErrServer}},
		},
		"503 then 403": {
			fault:    fault{serve: first(reply(503, ""), reply(403, ""))},
			attempts: 2,
			want:     outcome{status: 403, is: []error{roomtokens.ErrForbidden}},
			once:     &outcome{status: 503, is: []error{roomtokens.ErrServer}},
		},
	}
}

// finalRow is for an answer that is not asked for again.
func finalRow(serve serveFunc, status int, text string, is ...error) row {
	return row{fault: fault{serve: serve}, attempts: 1, want: outcome{status: status, text: text, is: is}}
}

// lastingRow is for an answer that stays the same however often it is asked for.
func lastingRow(serve serveFunc, status int, text string, is ...error) row {
	return row{fault: fault{serve: serve}, attempts: 3, want: outcome{status: status, text: text, is: is}}
}
