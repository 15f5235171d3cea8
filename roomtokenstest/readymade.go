package roomtokenstest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Delay makes the answer late by d.
func Delay(d time.Duration) Fault { return Fault{Name: "delay", Delay: d} }

// Reset breaks the connection before the answer.
func Reset() Fault { return Fault{Name: "reset", Reset: true} }

// Truncate breaks the connection in the middle of the answer's body.
func Truncate() Fault { return Fault{Name: "truncate", Truncate: true} }

// SkewClock sets the server's clock off for one answer: a positive skew has it run ahead.
func SkewClock(skew time.Duration) Fault { return Fault{Name: "skewed clock", ClockSkew: skew} }

// Refuse answers with the refusal that Telnyx documents for a code, such as [CodeAuthorizationFailed]. It panics on a code
// that is not documented.
func Refuse(code string) Fault {
	r := refusalOf(code)
	return Fault{Name: "refusal " + code, Status: r.status, Problems: []api.VideoError{r.problem}}
}

// RateLimited answers 429 and asks, in Retry-After and X-Ratelimit-Reset, to come back after d, in whole seconds. With zero
// there is no Retry-After, and the window is about to end.
func RateLimited(d time.Duration) Fault {
	f := Refuse(CodeTooManyRequests)
	f.Name = "rate limited"
	seconds := []string{strconv.Itoa(ceilSeconds(d))}
	f.Header = http.Header{"X-Ratelimit-Reset": seconds}
	if d > 0 {
		f.Header["Retry-After"] = seconds
	}
	return f
}

// RateLimitWindow answers 429 to every request for a window of time that begins with the first of them. There is no
// Retry-After; X-Ratelimit-Reset counts down to the window's end.
func RateLimitWindow(window time.Duration) Fault {
	f := Refuse(CodeTooManyRequests)
	f.Name, f.Lasts = "rate limit window", window
	return f
}

// Refusals returns one fault for each code that Telnyx documents.
func Refusals() []Fault {
	codes := documentedCodes()
	faults := make([]Fault, 0, len(codes))
	for _, code := range codes {
		faults = append(faults, Refuse(code))
	}
	return faults
}

// ForeignErrors returns refusals in other forms than the server's own, such as gateways, proxies and other versions of the
// API send.
func ForeignErrors() []Fault {
	const forbidden = `{"code":"10010","title":"Authorization failed","detail":"The credential does not permit this."}`
	return []Fault{
		jsonFault("bare 403", 403, forbidden),
		jsonFault("403 in an envelope", 403, `{"errors":[`+forbidden+`]}`),
		jsonFault("code as a number", 401, `{"errors":[{"code":10009,"title":"Authentication failed"}]}`),
		jsonFault("several problems", 422, `{"errors":[{"code":"10015","title":"Bad request","source":{"pointer":"/token_ttl_secs"}},`+
			`{"code":"10015","title":"Bad request","source":{"pointer":"/refresh_token_ttl_secs"}}]}`),
		jsonFault("success false", 500, `{"success":false,"message":"Something went wrong."}`),
		typed("problem detail", 503, "application/problem+json",
			`{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The upstream is down."}`),
		typed("HTML page", 502, "text/html", "<!DOCTYPE html>\n<html><title>502 Bad Gateway</title><h1>Bad Gateway</h1></html>\n"),
		{Name: "empty body", Status: 503},
		{Name: "redirect", Status: 307, Header: http.Header{"Location": {"https://elsewhere.example/v2/rooms"}}},
	}
}

// MalformedAnswers returns answers that look like success and break the spec, or would harm a client that takes in
// whatever comes.
func MalformedAnswers() []Fault {
	const token = `"token":"not.a.jwt"` //nolint:gosec // not even a token
	const expiry = `"token_expires_at":"2030-01-01T00:00:00Z"`
	const data = `{"data":{` + token + `,` + expiry + `}}`
	return []Fault{
		jsonFault("empty object", 201, `{}`),
		jsonFault("null", 201, `null`),
		jsonFault("null data", 201, `{"data":null}`),
		jsonFault("no token", 201, `{"data":{`+expiry+`}}`),
		jsonFault("empty token", 201, `{"data":{"token":"",`+expiry+`}}`),
		jsonFault("token is a number", 201, `{"data":{"token":12345,`+expiry+`}}`),
		jsonFault("bad timestamp", 201, `{"data":{`+token+`,"token_expires_at":"next Tuesday"}}`),
		jsonFault("trailing garbage", 201, data+`}`),
		jsonFault("duplicate names", 201, `{"data":{`+token+`,`+token+`,`+expiry+`}}`),
		jsonFault("invalid UTF-8", 201, `{"data":{"token":"`+"\xff"+`",`+expiry+`}}`),
		jsonFault("half a document", 201, data[:len(data)/2]),
		jsonFault("status 200", 200, data),
		typed("201 as text", 201, "text/plain", data),
		{Name: "empty 201", Status: 201},
		{Name: "huge body", Status: 201, Header: http.Header{"Content-Type": {"application/json"}}, Body: data, Size: 4 << 20},
		gzipBomb(),
	}
}

// ReadyMade returns every fault that is listed, and those of [Delay], [Reset], [Truncate], [SkewClock], [RateLimited] and
// [RateLimitWindow] with times that suit a test: names are unique.
func ReadyMade() []Fault {
	faults := []Fault{
		Delay(time.Second), Reset(), Truncate(), SkewClock(time.Hour), RateLimited(time.Second), RateLimitWindow(time.Second),
	}
	faults = append(faults, Refusals()...)
	faults = append(faults, ForeignErrors()...)
	return append(faults, MalformedAnswers()...)
}

// Named returns the ready-made fault with the name, as a script in a file gives it.
func Named(name string) (Fault, bool) {
	for _, f := range ReadyMade() {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

func jsonFault(name string, status int, body string) Fault {
	return typed(name, status, "application/json", body)
}

func typed(name string, status int, contentType, body string) Fault {
	return Fault{Name: name, Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: body}
}

// gzipBomb is 64 MiB of white space in 64 KiB: the same compressed MiB again and again, since gzip files may follow upon
// one another (RFC 1952).
func gzipBomb() Fault {
	const size, times = 1 << 20, 64
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(bytes.Repeat([]byte(" "), size))
	_ = w.Close()
	f := jsonFault("gzip bomb", 201, string(bytes.Repeat(b.Bytes(), times)))
	f.Header["Content-Encoding"] = []string{"gzip"}
	return f
}
