package roomtokenstest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// Faults returns ready-made faults by name, for [Server.Inject] as they are or with a field changed:
//
//	delay                 a second late
//	reset, truncate       the connection breaks before the response, or in its body
//	skewed clock          the server's is an hour fast
//	rate limited          429 once, with Retry-After
//	rate limit window     429 for a second, without
//	refusal 10004         and, for the other codes that Telnyx documents, 10005, 10006, 10007, 10008, 10009, 10010,
//	                      10011 and 10015 in place of 10004
//
// Refusals in forms that gateways and other versions of the API send: 403 in an envelope, code as a number, HTML page,
// problem detail, several problems, success false; and empty body (503), redirect (307).
//
// Responses that look like success and break the spec: 201 as text, bad timestamp, duplicate names, empty 201, empty
// object, gzip bomb, half a document, huge body, invalid UTF-8, no token, status 200, token is a number.
func Faults() map[string]Fault {
	faults := map[string]Fault{}
	for _, list := range [][]Fault{networkFaults(), refusals(), foreignRefusals(), malformedResponses()} {
		for _, f := range list {
			faults[f.Name] = f
		}
	}
	return faults
}

func networkFaults() []Fault {
	return []Fault{
		{Name: "delay", Delay: time.Second},
		{Name: "reset", Reset: true},
		{Name: "truncate", Truncate: true},
		{Name: "skewed clock", ClockSkew: time.Hour},
	}
}

// refusals are the server's own, one for each documented code, and two rate limits.
func refusals() []Fault {
	var faults []Fault
	for _, r := range typicalRefusals() {
		faults = append(faults, refusalFault("refusal "+r.problem.Code, r))
	}
	limited := typicalRefusal(http.StatusTooManyRequests)
	once, window := refusalFault("rate limited", limited), refusalFault("rate limit window", limited)
	once.Header = http.Header{"X-Ratelimit-Reset": {"1"}, "Retry-After": {"1"}}
	window.Lasts = time.Second
	return append(faults, once, window)
}

func refusalFault(name string, r *refusal) Fault {
	return Fault{Name: name, Status: r.status, Problems: []api.VideoError{r.problem}}
}

func foreignRefusals() []Fault {
	return []Fault{
		jsonFault("403 in an envelope", 403,
			`{"errors":[{"code":"10010","title":"Authorization failed","detail":"The credential does not permit this."}]}`),
		jsonFault("code as a number", 401, `{"errors":[{"code":10009,"title":"Authentication failed"}]}`),
		jsonFault("several problems", 422,
			`{"errors":[{"code":"10015","title":"Bad request","source":{"pointer":"/token_ttl_secs"}},`+
				`{"code":"10015","title":"Bad request","source":{"pointer":"/refresh_token_ttl_secs"}}]}`),
		jsonFault("success false", 500, `{"success":false,"message":"Something went wrong."}`),
		typedFault("problem detail", 503, "application/problem+json",
			`{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The upstream is down."}`),
		typedFault("HTML page", 502, "text/html",
			"<!DOCTYPE html>\n<html><title>502 Bad Gateway</title><h1>Bad Gateway</h1></html>\n"),
		{Name: "empty body", Status: 503},
		{Name: "redirect", Status: 307, Header: http.Header{"Location": {"https://elsewhere.example/v2/rooms"}}},
	}
}

func malformedResponses() []Fault {
	const token = `"token":"not.a.jwt"` //nolint:gosec // not even a token
	const expiry = `"token_expires_at":"2030-01-01T00:00:00Z"`
	const data = `{"data":{` + token + `,` + expiry + `}}`
	huge, bomb := jsonFault("huge body", 201, data), jsonFault("gzip bomb", 201, gzipBomb())
	huge.Size = 4 << 20
	bomb.Header["Content-Encoding"] = []string{"gzip"}
	return []Fault{
		jsonFault("empty object", 201, `{}`),
		jsonFault("no token", 201, `{"data":{`+expiry+`}}`),
		jsonFault("token is a number", 201, `{"data":{"token":12345,`+expiry+`}}`),
		jsonFault("bad timestamp", 201, `{"data":{`+token+`,"token_expires_at":"next Tuesday"}}`),
		jsonFault("duplicate names", 201, `{"data":{`+token+`,`+token+`,`+expiry+`}}`),
		jsonFault("invalid UTF-8", 201, `{"data":{"token":"`+"\xff"+`",`+expiry+`}}`),
		jsonFault("half a document", 201, data[:len(data)/2]),
		jsonFault("status 200", 200, data),
		typedFault("201 as text", 201, "text/plain", data),
		{Name: "empty 201", Status: 201},
		huge, bomb,
	}
}

func jsonFault(name string, status int, body string) Fault {
	return typedFault(name, status, "application/json", body)
}

func typedFault(name string, status int, contentType, body string) Fault {
	return Fault{Name: name, Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: body}
}

// gzipBomb is 64 MiB of white space in 64 KiB: the same compressed MiB again and again, since a gzip file may follow
// another (RFC 1952).
var gzipBomb = sync.OnceValue(func() string {
	const size, times = 1 << 20, 64
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(bytes.Repeat([]byte(" "), size))
	_ = w.Close()
	return string(bytes.Repeat(b.Bytes(), times))
})
