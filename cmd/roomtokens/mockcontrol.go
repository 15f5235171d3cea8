package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	controlPath = "/_mock/"
	jwksPath    = "/.well-known/jwks.json"
)

// route is a path by which tests control the mock, with its line in the help and in GET /_mock.
type route struct {
	pattern string
	does    string
	serve   http.HandlerFunc
}

func (h *mockHandler) routes() []route {
	return []route{
		{"GET /_mock/health", "200 as soon as it listens", showHealth},
		{"POST /_mock/faults", "adds faults; the body is a fault script", h.addFaults},
		{"GET /_mock/faults", "the faults that are not used up: name, operation, room, what is left", filtered(h.listFaults)},
		{"DELETE /_mock/faults", "forgets them", filtered(h.clearFaults)},
		{"GET /_mock/requests", "the newest 10000 requests, as a JSON array without secrets", filtered(h.listRequests)},
		{"DELETE /_mock/requests", "forgets them", filtered(h.clearRequests)},
		{"POST /_mock/revoked", `has a refresh token refused from now on; the body is {"refresh_token": "…"}`, h.revoke},
		{"DELETE /_mock", "resets it: no requests, faults or revocations, a new rate limit window", h.reset},
		{"GET /_mock", "these paths", h.listPaths},
		{"GET " + jwksPath, "the key that verifies its tokens", h.showKeys},
	}
}

func (h *mockHandler) listPaths(w http.ResponseWriter, _ *http.Request) {
	paths := map[string]string{}
	for _, route := range h.routes() {
		paths[route.pattern] = route.does
	}
	writeJSON(w, http.StatusOK, paths)
}

func showHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (h *mockHandler) reset(w http.ResponseWriter, _ *http.Request) {
	h.fake.Reset()
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) addFaults(w http.ResponseWriter, r *http.Request) {
	script, ok := readBody(w, r)
	if !ok {
		return
	}
	faults, err := roomtokenstest.ParseFaults(script)
	if err != nil {
		writeError(w, http.StatusBadRequest, plain(err))
		return
	}
	h.fake.Inject(faults...)
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) revoke(w http.ResponseWriter, r *http.Request) {
	text, ok := readBody(w, r)
	if !ok {
		return
	}
	var body struct {
		RefreshToken secret.String `json:"refresh_token"`
	}
	if json.Unmarshal(text, &body) != nil || body.RefreshToken == "" {
		writeError(w, http.StatusBadRequest, `the body must be {"refresh_token": "…"}`)
		return
	}
	if err := h.fake.Revoke(body.RefreshToken); err != nil {
		writeError(w, http.StatusBadRequest, plain(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readBody responds by itself if it is not ok.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := readAll(r.Body)
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "the body cannot be read: "+err.Error())
	}
	return body, err == nil
}

// filtered has serve act on what the query selects.
func filtered(serve func(http.ResponseWriter, roomtokenstest.Filter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		filter, ok := parseFilter(r.URL.RawQuery)
		if !ok {
			const message = "the query may have one operation, of %v, and one room_id, a UUID"
			writeError(w, http.StatusBadRequest, fmt.Sprintf(message, api.Operations()))
			return
		}
		serve(w, filter)
	}
}

// parseFilter is not ok with what it does not know: it may be a misspelled filter of a DELETE.
func parseFilter(rawQuery string) (filter roomtokenstest.Filter, ok bool) {
	query, err := url.ParseQuery(rawQuery)
	for name, values := range query {
		switch {
		case len(values) > 1:
			return filter, false
		case name == "operation" && slices.Contains(api.Operations(), api.Operation(values[0])):
			filter.Operation = api.Operation(values[0])
		case name == "room_id" && uuid.Validate(values[0]) == nil:
			filter.RoomID = uuid.MustParse(values[0])
		default:
			return filter, false
		}
	}
	return filter, err == nil
}

// pendingFault says of a fault what requests it is for, and how much of it is left.
type pendingFault struct {
	Name      string        `json:"name"`
	Operation api.Operation `json:"operation,omitzero"`
	RoomID    uuid.UUID     `json:"room_id,omitzero"`
	Times     int           `json:"times,omitzero"`
	Lasts     string        `json:"lasts,omitzero"`
}

func (h *mockHandler) listFaults(w http.ResponseWriter, filter roomtokenstest.Filter) {
	pending := []pendingFault{}
	for _, f := range h.fake.PendingFaults(filter) {
		left := pendingFault{Name: f.Name, Operation: f.Operation, RoomID: f.RoomID, Times: f.Times}
		if f.Lasts > 0 {
			left.Lasts = f.Lasts.String()
		}
		pending = append(pending, left)
	}
	writeJSON(w, http.StatusOK, pending)
}

func (h *mockHandler) clearFaults(w http.ResponseWriter, filter roomtokenstest.Filter) {
	h.fake.ClearFaults(filter)
	w.WriteHeader(http.StatusNoContent)
}

func (h *mockHandler) listRequests(w http.ResponseWriter, filter roomtokenstest.Filter) {
	requests := h.fake.Requests(filter)
	for i, r := range requests {
		requests[i] = hideSecrets(r)
	}
	writeJSON(w, http.StatusOK, requests)
}

func (h *mockHandler) clearRequests(w http.ResponseWriter, filter roomtokenstest.Filter) {
	h.fake.ClearRequests(filter)
	w.WriteHeader(http.StatusNoContent)
}

// showKeys states no alg: libraries compare it with that of the token, which is Ed25519, and some know EdDSA only.
func (h *mockHandler) showKeys(w http.ResponseWriter, _ *http.Request) {
	key := map[string]string{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": h.fake.KeyID(),
		"x": base64.RawURLEncoding.EncodeToString(h.fake.PublicKey()),
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{key}})
}
