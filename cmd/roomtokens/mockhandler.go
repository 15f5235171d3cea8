package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const controlHelp = `Tests control a running mock over HTTP:

  GET /_mock/health             200 as soon as it listens
  POST /_mock/faults            adds faults; the body is a fault script
  GET /_mock/requests           the newest 10000 requests as a JSON array, without secrets
  DELETE /_mock                 resets it: no requests, faults or revocations, a new rate limit window
  GET /.well-known/jwks.json    the key that verifies the signatures of its tokens (RFC 8037)`

const (
	controlPath = "/_mock/"
	jwksPath    = "/.well-known/jwks.json"

	maxScriptBytes = 1 << 20
)

// mockHandler serves the fake, the paths that control it, and what browsers ask before they call it.
type mockHandler struct {
	fake    *roomtokenstest.Server
	control *http.ServeMux
}

func newMockHandler(fake *roomtokenstest.Server) *mockHandler {
	h := &mockHandler{fake: fake, control: http.NewServeMux()}
	h.control.HandleFunc("GET /_mock/health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	h.control.HandleFunc("POST /_mock/faults", h.addFaults)
	h.control.HandleFunc("GET /_mock/requests", h.listRequests)
	h.control.HandleFunc("DELETE /_mock", h.reset)
	h.control.HandleFunc("DELETE /_mock/{$}", h.reset)
	h.control.HandleFunc("GET "+jwksPath, h.writeJWKS)
	h.control.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "no such method and path; see: roomtokens mock --help")
	})
	return h
}

// ServeHTTP implements http.Handler. The fake gets every other path as it is: a ServeMux would redirect some.
func (h *mockHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" {
		allowOrigin(w, r)
	}
	switch {
	case r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "":
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == jwksPath, strings.HasPrefix(r.URL.Path+"/", controlPath):
		h.control.ServeHTTP(w, r)
	default:
		h.fake.ServeHTTP(w, r)
	}
}

// allowOrigin lets a page of any origin read the response (CORS). The wildcard does not cover Authorization in a list
// of headers, so that the headers asked for are repeated.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "*")
	if requested := r.Header.Get("Access-Control-Request-Headers"); requested != "" {
		header.Set("Access-Control-Allow-Headers", requested)
	}
	if r.Header.Get("Access-Control-Request-Method") != "" {
		header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	}
}

func (h *mockHandler) addFaults(w http.ResponseWriter, r *http.Request) {
	script, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxScriptBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeError(w, http.StatusRequestEntityTooLarge, "the fault script is larger than 1 MiB")
		return
	}
	faults, err := roomtokenstest.ParseFaults(script)
	if err != nil {
		writeError(w, http.StatusBadRequest, faultMessage(err))
		return
	}
	h.fake.Inject(faults...)
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) listRequests(w http.ResponseWriter, _ *http.Request) {
	requests := h.fake.Requests()
	for i, r := range requests {
		requests[i].URI, requests[i].Header = publicPath(r.URI), publicHeader(r.Header)
	}
	writeJSON(w, http.StatusOK, requests)
}

func (h *mockHandler) reset(w http.ResponseWriter, _ *http.Request) {
	h.fake.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// writeJWKS leaves out the algorithm: the tokens say Ed25519, other libraries know EdDSA only, and they compare.
func (h *mockHandler) writeJWKS(w http.ResponseWriter, _ *http.Request) {
	key := map[string]string{
		"kty": "OKP", "crv": "Ed25519", "use": "sig",
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
