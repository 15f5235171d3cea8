package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const (
	controlPath = "/_mock/"
	jwksPath    = "/.well-known/jwks.json"
)

// mockHandler serves the fake, the paths that control it, and what browsers ask before they call it.
type mockHandler struct {
	fake    *roomtokenstest.Server
	access  access
	control *http.ServeMux
}

func newMockHandler(fake *roomtokenstest.Server, allowed access) *mockHandler {
	h := &mockHandler{fake: fake, access: allowed, control: http.NewServeMux()}
	h.control.HandleFunc("GET /_mock/health", showHealth)
	h.control.HandleFunc("POST /_mock/faults", h.addFaults)
	h.control.HandleFunc("GET /_mock/faults", h.listFaults)
	h.control.Handle("DELETE /_mock/faults", action(fake.ClearFaults))
	h.control.HandleFunc("GET /_mock/requests", h.listRequests)
	h.control.Handle("DELETE /_mock/requests", action(fake.ClearRequests))
	h.control.Handle("DELETE /_mock", action(fake.Reset))
	h.control.Handle("DELETE /_mock/{$}", action(fake.Reset))
	h.control.HandleFunc("GET "+jwksPath, h.showKeys)
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
		writeError(w, http.StatusMisdirectedRequest, "the Host is not an IP address, localhost or the host of --addr")
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

// action is a change of the fake that takes no arguments.
type action func()

// ServeHTTP implements http.Handler.
func (a action) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a()
	w.WriteHeader(http.StatusNoContent)
}

func showHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (h *mockHandler) addFaults(w http.ResponseWriter, r *http.Request) {
	script := readAll(r.Body)
	if script.err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "fault script: "+script.err.Error())
		return
	}
	faults, err := roomtokenstest.ParseFaults([]byte(script.text))
	if err != nil {
		writeError(w, http.StatusBadRequest, plain(err))
		return
	}
	h.fake.Inject(faults...)
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) listFaults(w http.ResponseWriter, _ *http.Request) {
	pending := []pendingFault{}
	for _, f := range h.fake.PendingFaults() {
		left := pendingFault{Name: f.Name, Operation: f.Operation, Times: f.Times}
		if f.Lasts > 0 {
			left.Lasts = f.Lasts.String()
		}
		pending = append(pending, left)
	}
	writeJSON(w, http.StatusOK, pending)
}

// pendingFault says of a fault what requests it is for, and how much of it is left.
type pendingFault struct {
	Name      string        `json:"name"`
	Operation api.Operation `json:"operation,omitzero"`
	Times     int           `json:"times,omitzero"`
	Lasts     string        `json:"lasts,omitzero"`
}

func (h *mockHandler) listRequests(w http.ResponseWriter, _ *http.Request) {
	requests := h.fake.Requests()
	for i, r := range requests {
		requests[i] = hideSecrets(r)
	}
	writeJSON(w, http.StatusOK, requests)
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
	r.URI, r.Header = pathOf(r.URI), header
	return r
}

// pathOf returns the path of a URI.
func pathOf(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return redact(path)
}

// showKeys states no alg: libraries compare it with that of the token, which is Ed25519, and some know EdDSA only.
func (h *mockHandler) showKeys(w http.ResponseWriter, _ *http.Request) {
	key := map[string]string{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": h.fake.KeyID(),
		"x": base64.RawURLEncoding.EncodeToString(h.fake.PublicKey()),
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{key}})
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // fails only if the client has gone
}
