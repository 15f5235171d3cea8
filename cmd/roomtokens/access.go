package main

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// access decides which web pages may call the mock: those of any site can make a browser call a port of this machine.
type access struct {
	host    string   // of --addr
	origins []string // of --allow-origin
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

// allowsHost refuses the names of other hosts. A site can make its name resolve to this machine (DNS rebinding); for a
// browser, its pages then have the same origin as the mock.
func (a access) allowsHost(r *http.Request) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost") || strings.EqualFold(host, a.host)
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
