package roomtokens

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// checkBaseURL quotes nothing of the URL, since what makes one invalid may be a password in it.
func checkBaseURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return invalidOption("base URL cannot be parsed")
	case strings.ContainsAny(raw, "?#"):
		return invalidOption("base URL has a query or a fragment")
	}
	if reason := unsafeEndpoint(u); reason != "" {
		return invalidOption("base URL %s", reason)
	}
	return nil
}

// unsafeEndpoint says why a request to u cannot be sent, or not safely; "" where it can.
func unsafeEndpoint(u *url.URL) (reason string) {
	switch {
	case u.User != nil:
		return "has user information"
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "is not an absolute https URL"
	case u.Port() != "" && !isPort(u.Port()):
		return "has a port that does not exist"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "is plain http, which is allowed to a loopback address only"
	case strings.ContainsFunc(u.RequestURI(), func(r rune) bool { return r <= ' ' || r == '\x7f' }):
		return "has a space or a control character" // net/http finds it over HTTP/1.1 only
	}
	return ""
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
