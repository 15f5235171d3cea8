package main

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// access decides who may call the mock: web pages of any site can make a browser call a port of this machine.
type access struct {
	host    string   // of --addr
	hosts   []string // of --allow-host
	origins []string // of --allow-origin
}

// addHost refuses what is no name alone, and so would match no Host: a port, a URL, a pattern.
func (a *access) addHost(value string) error {
	if value == "" || strings.ContainsAny(value, ":/*, ") {
		return errors.New("must be a name without a port, such as mock")
	}
	a.hosts = append(a.hosts, value)
	return nil
}

// addOrigin refuses what no browser sends, and so would match no page: a path, upper case, a pattern.
func (a *access) addOrigin(value string) error {
	page, err := url.Parse(value)
	if err != nil || page.Host == "" || value != strings.ToLower(page.Scheme+"://"+page.Host) {
		return errors.New("must be as browsers send it, such as https://app.test")
	}
	a.origins = append(a.origins, value)
	return nil
}

// allowsHost refuses names that the mock is not known by. A site can make its name resolve to this machine (DNS
// rebinding); for a browser, its pages then have the same origin as the mock.
func (a access) allowsHost(r *http.Request) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	_, err := netip.ParseAddr(host)
	isHost := func(name string) bool { return strings.EqualFold(host, name) }
	return err == nil || isHost("localhost") || isHost(a.host) || slices.ContainsFunc(a.hosts, isHost)
}

// allowsOrigin reports whether a request is from a page of the tests, or from no page.
func (a access) allowsOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	page, err := url.Parse(origin)
	if origin == "" || err != nil {
		return origin == ""
	}
	ip, _ := netip.ParseAddr(page.Hostname())
	return page.Hostname() == "localhost" || ip.IsLoopback() || slices.Contains(a.origins, origin)
}

// allowPage lets the page that a request is from read the response (CORS).
func allowPage(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Origin")
	header.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	header.Set("Access-Control-Expose-Headers", "*")
	if isPreflight(r) {
		header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		header.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	}
}

// isPreflight reports whether a browser asks before it sends a request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}
