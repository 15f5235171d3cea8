package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// harness is the service in front of a fake of Telnyx in memory, with a log that can be read.
type harness struct {
	telnyx    *roomtokenstest.Server
	client    *roomtokens.Client
	room      string // a path
	handler   http.Handler
	log       *slog.Logger
	logged    bytes.Buffer
	telemetry *telemetry
}

// records are the lines of the log.
func (h *harness) records(t *testing.T) (records []map[string]any) {
	t.Helper()
	for line := range strings.Lines(h.logged.String()) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		records = append(records, record)
	}
	return records
}

// newHarness is for a bubble of testing/synctest, where the waits between attempts take no time. Telemetry goes
// to exported.
func newHarness(t *testing.T, exported io.Writer) *harness {
	t.Helper()
	h := &harness{telnyx: roomtokenstest.NewServer(roomtokenstest.WithTB(t)), room: "/rooms/" + uuid.NewString()}
	var err error
	h.log, err = newLogger(&h.logged, "")
	require.NoError(t, err)
	telemetry, err := newTelemetry(exported)
	require.NoError(t, err)
	t.Cleanup(func() { telemetry.shutdown(context.WithoutCancel(t.Context())) })
	h.telemetry = telemetry
	env := map[string]string{"TELNYX_API_KEY": h.telnyx.APIKey()}
	h.client, err = newClient(func(name string) string { return env[name] },
		roomtokens.WithHTTPClient(h.telnyx.HTTPClient()), roomtokens.WithMiddleware(telemetry.client),
		roomtokens.WithLogger(h.log))
	require.NoError(t, err)
	h.handler = telemetry.server(routes(h.client, onlyAlice, h.log))
	return h
}

func onlyAlice(_ context.Context, user string, _ uuid.UUID) (bool, error) {
	return user == "alice", nil
}

func (h *harness) do(r *http.Request) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	h.handler.ServeHTTP(response, r)
	return response
}

func joinRequest(room string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, room+"/join", http.NoBody)
	r.Header.Set("X-Forwarded-User", "alice")
	return r
}

func refreshRequest(room, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, room+"/refresh", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return r
}

// tokens reads a response, and checks that its client token opens the room now.
func (h *harness) tokens(t *testing.T, response *httptest.ResponseRecorder) (tokens roomtokens.ClientToken) {
	t.Helper()
	require.Equal(t, http.StatusOK, response.Code)
	require.Equal(t, "application/json", response.Header().Get("Content-Type"))
	require.Equal(t, "no-store", response.Header().Get("Cache-Control"))
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &tokens))
	claims, err := h.telnyx.Verify(tokens.Token)
	require.NoError(t, err)
	require.Equal(t, h.room, "/rooms/"+claims.RoomID.String())
	return tokens
}

// requireProblem checks the whole body, so that nothing else is in it, such as what Telnyx said.
func requireProblem(t *testing.T, response *httptest.ResponseRecorder, status int, detail string) {
	t.Helper()
	require.Equal(t, status, response.Code)
	require.Equal(t, "application/problem+json", response.Header().Get("Content-Type"))
	var p map[string]any
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &p))
	delete(p, "retry_after_secs")
	require.Equal(t, map[string]any{"status": float64(status), "detail": detail}, p)
}
