package roomtokens

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// endpoints are the URLs to which requests may be sent.
type endpoints struct {
	plainHTTP *url.URL // the base URL, if it may be plain http; otherwise nil
}

// newEndpoints checks a base URL. It quotes nothing of it, since what makes one invalid may be a password in it.
func newEndpoints(baseURL string, insecureHTTP bool) (e endpoints, err error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return e, invalidOption("base URL is not an absolute https URL")
	case strings.ContainsAny(baseURL, "?#"):
		return e, invalidOption("base URL has a query or a fragment")
	case insecureHTTP && u.Scheme == "http":
		e.plainHTTP = u
	}
	if reason := e.unsafe(u); reason != "" {
		return e, invalidOption("base URL %s", reason)
	}
	return e, nil
}

// unsafe says why a request to u cannot be sent, or not safely; "" where it can.
func (e endpoints) unsafe(u *url.URL) (reason string) {
	switch {
	case u.User != nil:
		return "has user information"
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "is not an absolute https URL"
	case u.Port() != "" && !isPort(u.Port()):
		return "has a port that does not exist"
	case u.Scheme == "http" && !isLoopback(u.Hostname()) && !e.isPlainHTTP(u):
		return "is plain http, which only a loopback address or WithInsecureHTTP allows"
	case strings.ContainsFunc(u.RequestURI(), func(r rune) bool { return r <= ' ' || r == '\x7f' }):
		return "has a space or a control character" // net/http finds it over HTTP/1.1 only
	}
	return ""
}

// isPlainHTTP reports whether u has the host and the port that may be plain http.
func (e endpoints) isPlainHTTP(u *url.URL) bool {
	return e.plainHTTP != nil && strings.EqualFold(u.Hostname(), e.plainHTTP.Hostname()) && u.Port() == e.plainHTTP.Port()
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
