package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	room         = "7c1f6a52-3f0e-4d6b-9a87-2d5b8e4c9f10"
	apiKey       = "KEY"
	token        = "client-token-of-the-comparison"
	refreshToken = "refresh-token-of-the-comparison"

	forbiddenBody = `{"errors":[{"code":"10010","title":"Authorization failed","detail":"the room is not yours"}]}`
)

// testCase is a call, what the server responds, and what to say of the result.
type testCase struct {
	name      string
	args      []string
	responses []response
	judge     func(result) string
}

// benches are calls whose cost counts.
func benches() []testCase {
	ok := []response{created()}
	return []testCase{
		{"create call over loopback", []string{"bench", room, "0s"}, ok, nil},
		{"the same with a deadline of 15 s", []string{"bench", room, "15s"}, ok, nil},
	}
}

func cases(baseURL string) []testCase {
	create, refresh := []string{"create", room}, []string{"refresh", room, refreshToken}
	empty := response{status: http.StatusCreated, body: "{}"}
	large := created()
	large.padding = strings.Repeat(" ", 1e6)
	elsewhere := strings.Replace(baseURL, "127.0.0.1", "localhost", 1) + "/elsewhere"
	redirect := response{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {elsewhere}}}
	later := response{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"3600"}}}
	forbidden := response{status: http.StatusForbidden, body: forbiddenBody}
	unavailable := response{status: http.StatusServiceUnavailable}
	half, whole := unavailable, unavailable
	half.lasts, whole.lasts = time.Second/2, time.Second
	hundred, thousand := []string{"burst", room, "100"}, []string{"burst", room, "1000"}
	return []testCase{
		{"the API key on a refresh, which needs none", refresh, []response{created()}, judgeKey},
		{"room id `../phone_numbers?z=`", []string{"create", "../phone_numbers?z="}, []response{created()}, judgePath},
		{"201 with `{}`", create, []response{empty}, result.outcome},
		{"201 with 100 MB", create, []response{large}, judgeLarge},
		{"redirect of a refresh to another host", refresh, []response{redirect, created()}, judgeRedirect},
		{"429 with `Retry-After: 3600`, deadline 10 s", create, []response{later}, judgeLater},
		{"403 in an envelope", create, []response{forbidden}, judgeForbidden},
		{"the response printed", create, []response{created()}, judgePrinted},
		{"503 once, then 201", create, []response{unavailable, created()}, result.outcome},
		{"503 for 0.5 s, 100 calls at its start", hundred, []response{half, created()}, judgeBurst},
		{"503 for 1 s, 100 calls at its start", hundred, []response{whole, created()}, judgeBurst},
		{"1000 calls at once on a new client", thousand, []response{created()}, judgeConnections},
	}
}

func created() response {
	now := time.Now().UTC()
	return response{status: http.StatusCreated, body: fmt.Sprintf(
		`{"data":{"token":%q,"token_expires_at":%q,"refresh_token":%q,"refresh_token_expires_at":%q}}`,
		token, now.Add(10*time.Minute).Format(time.RFC3339), refreshToken, now.Add(time.Hour).Format(time.RFC3339))}
}

func (r result) outcome() string {
	switch {
	case r.killed:
		return "nothing"
	case r.failed:
		return "an error"
	case r.last == "":
		return "no token and no error"
	}
	return "a token"
}

func judgeKey(r result) string {
	switch {
	case len(r.requests) == 0:
		return r.outcome()
	case r.requests[0].authorization == "":
		return "not sent"
	}
	return "sent"
}

func judgePath(r result) string {
	if len(r.requests) == 0 {
		return r.outcome() + ", nothing is sent"
	}
	path, _, _ := strings.Cut(r.requests[0].uri, "/actions")
	return "sent to `" + path + "`"
}

func judgeLarge(r result) string {
	return fmt.Sprintf("%s, %d MB of memory", r.outcome(), r.memory/1e6)
}

func judgeRedirect(r result) string {
	for _, req := range r.requests {
		if strings.HasPrefix(req.host, "localhost") && strings.Contains(req.body, refreshToken) {
			return "the other host gets the refresh token"
		}
	}
	return r.outcome() + ", nothing goes there"
}

func judgeLater(r result) string {
	if r.killed {
		return fmt.Sprintf("still waiting after %.0f s", r.took.Seconds())
	}
	return fmt.Sprintf("%s after %.0f s", r.outcome(), r.took.Seconds())
}

func judgeForbidden(r result) string {
	var named []string
	for _, part := range []string{"403", "10010", "the room is not yours"} {
		if strings.Contains(r.stderr, part) {
			named = append(named, part)
		}
	}
	if len(named) == 0 {
		return r.outcome()
	}
	return r.outcome() + " with " + strings.Join(named, ", ")
}

func judgeBurst(r result) string {
	if r.failed {
		return r.outcome()
	}
	return r.last
}

func judgeConnections(r result) string {
	return fmt.Sprintf("%s, %d connections", judgeBurst(r), r.connections)
}

func judgePrinted(r result) string {
	switch {
	case r.printed == "":
		return r.outcome()
	case strings.Contains(r.printed, token):
		return "shows the token"
	}
	return "hides the token"
}
