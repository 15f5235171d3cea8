package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// harness is the service in front of a fake of Telnyx in memory, with a log and telemetry that can be read.
type harness struct {
	telnyx    *roomtokenstest.Server
	room      string // the recorder's too
	handler   http.Handler
	log       bytes.Buffer
	telemetry *telemetry
	spans     *tracetest.InMemoryExporter
	metrics   *metric.ManualReader
}

// newHarness is for a bubble of testing/synctest, where the waits between attempts take no time.
func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{
		telnyx: roomtokenstest.NewServer(), room: "/rooms/" + uuid.NewString(),
		spans: tracetest.NewInMemoryExporter(), metrics: metric.NewManualReader(),
	}
	h.telemetry = newTelemetry(h.spans, h.metrics)
	t.Cleanup(func() { require.NoError(t, h.telemetry.shutdown(context.WithoutCancel(t.Context()))) })
	env := map[string]string{
		"TELNYX_API_KEY": h.telnyx.APIKey(), "RECORDER_ROOM": strings.TrimPrefix(h.room, "/rooms/"),
	}
	service, err := newService(func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&h.log, nil)),
		roomtokens.WithHTTPClient(h.telnyx.HTTPClient()), roomtokens.WithMiddleware(h.telemetry.client))
	require.NoError(t, err)
	h.handler = h.telemetry.server(service.routes())
	return h
}

func (h *harness) do(user, method, path, body string) *httptest.ResponseRecorder {
	return h.serve(newRequest(user, method, path, body))
}

func newRequest(user, method, path, body string) *http.Request {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("X-Forwarded-User", user)
	return request
}

func (h *harness) serve(request *http.Request) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	h.handler.ServeHTTP(response, request)
	return response
}

// tokens reads a response, and checks that its client token opens the room now.
func (h *harness) tokens(t *testing.T, response *httptest.ResponseRecorder) (tokens roomtokens.ClientToken) {
	t.Helper()
	require.Equal(t, http.StatusOK, response.Code)
	require.Equal(t, "no-store", response.Header().Get("Cache-Control"))
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &tokens))
	claims, err := h.telnyx.Verify(tokens.Token)
	require.NoError(t, err)
	require.Equal(t, h.room, "/rooms/"+claims.RoomID.String())
	return tokens
}
