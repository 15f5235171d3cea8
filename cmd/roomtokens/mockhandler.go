package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const controlHelp = `Tests control a running mock over HTTP:

  GET /_mock/health             200 as soon as it listens
  POST /_mock/faults            adds faults; the body is a fault script
  GET /_mock/faults             the faults that are not used up, as a fault script
  DELETE /_mock/faults          forgets them
  GET /_mock/requests           the newest 10000 requests, at most 64 MiB of them, as a JSON array without secrets
  DELETE /_mock/requests        forgets them
  DELETE /_mock                 resets it: no requests, faults or revocations, a new rate limit window
  GET /.well-known/jwks.json    the key that verifies its tokens, with the algorithm Ed25519 (RFC 9864): jose knows that
                                from version 5 on; jsonwebtoken 9 and PyJWT 2.6 do not`

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
	h.control.HandleFunc("DELETE /_mock/faults", h.clearFaults)
	h.control.HandleFunc("GET /_mock/requests", h.listRequests)
	h.control.HandleFunc("DELETE /_mock/requests", h.clearRequests)
	h.control.HandleFunc("DELETE /_mock", h.reset)
	h.control.HandleFunc("DELETE /_mock/{$}", h.reset)
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
	writeJSON(w, http.StatusOK, h.fake.PendingFaults())
}

func (h *mockHandler) clearFaults(w http.ResponseWriter, _ *http.Request) {
	h.fake.ClearFaults()
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) listRequests(w http.ResponseWriter, _ *http.Request) {
	requests := h.fake.Requests()
	for i, r := range requests {
		requests[i] = hideSecrets(r)
	}
	writeJSON(w, http.StatusOK, requests)
}

func (h *mockHandler) clearRequests(w http.ResponseWriter, _ *http.Request) {
	h.fake.ClearRequests()
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) reset(w http.ResponseWriter, _ *http.Request) {
	h.fake.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// showKeys leaves out the algorithm: the tokens say Ed25519, other libraries know EdDSA only, and they compare.
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
