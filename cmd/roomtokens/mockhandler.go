package main

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// mockHandler serves the fake, the paths that control it, and what browsers ask before they call it.
type mockHandler struct {
	fake    *roomtokenstest.Server
	access  access
	control *http.ServeMux
}

func newMockHandler(fake *roomtokenstest.Server, allowed access) *mockHandler {
	h := &mockHandler{fake: fake, access: allowed, control: http.NewServeMux()}
	for _, route := range h.routes() {
		h.control.HandleFunc(route.pattern, route.serve)
	}
	return h
}

// ServeHTTP implements http.Handler. The fake gets every other path as it is: a ServeMux would redirect some.
func (h *mockHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isControl := strings.HasPrefix(r.URL.Path+"/", controlPath)
	isAllowed := h.access.allowsOrigin(r)
	if isAllowed && r.Header.Get("Origin") != "" {
		allowPage(w, r)
	}
	switch {
	case !h.access.allowsHost(r):
		const message = "the Host is not an IP address, localhost or the host of --addr; name it with --allow-host"
		writeError(w, http.StatusMisdirectedRequest, message)
	case isControl && !isAllowed:
		writeError(w, http.StatusForbidden, "the Origin is not on loopback; name it with --allow-origin")
	case isPreflight(r):
		w.WriteHeader(http.StatusNoContent)
	case isControl, r.URL.Path == jwksPath:
		h.control.ServeHTTP(w, r)
	default:
		h.fake.ServeHTTP(w, r)
	}
}

// hideSecrets returns r without its query, and with the headers alone that hold no secret.
func hideSecrets(r roomtokenstest.Request) roomtokenstest.Request {
	header := http.Header{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Origin", "User-Agent",
	} {
		for _, value := range r.Header.Values(name) {
			header.Add(name, redact(value))
		}
	}
	r.URI, r.Header, r.Detail = pathOf(r.URI), header, redact(r.Detail) // a fault may say anything
	return r
}

// pathOf returns the path of a URI.
func pathOf(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return redact(path)
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // fails only if the client has gone
}
