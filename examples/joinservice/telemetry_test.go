package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// attributes are those of a span, as the exporter prints them.
type attributes []struct {
	Key   string
	Value struct{ Value any }
}

func (a attributes) get(key string) any {
	for _, attribute := range a {
		if attribute.Key == key {
			return attribute.Value.Value
		}
	}
	return nil
}

// span is one as the exporter prints it.
type span struct {
	Name                string
	SpanContext, Parent struct{ TraceID, SpanID string }
	Attributes          attributes
}

func TestEachAttemptHasASpanAndAMeasurement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var exported bytes.Buffer
		h := newHarness(t, &exported)
		h.telnyx.Inject(
			roomtokenstest.Fault{Status: 503}, roomtokenstest.Fault{Reset: true}, roomtokenstest.Fault{Status: 404},
		)
		r := joinRequest(h.room)
		r.Host = "anyone.example:4711"
		r.Header.Set("User-Agent", strings.Repeat("x", 10_000))
		h.do(r)
		h.do(joinRequest("/rooms/anything"))
		health := h.do(httptest.NewRequest(http.MethodGet, "/healthz", http.NoBody))
		require.Equal(t, http.StatusNoContent, health.Code)
		require.NoError(t, h.telemetry.shutdown(t.Context()))

		decoder := json.NewDecoder(&exported)
		var spans [5]span // and then the metrics
		for i := range spans {
			require.NoError(t, decoder.Decode(&spans[i]))
		}
		join := spans[3]
		require.Equal(t, "POST /rooms/{id}/join", join.Name)
		require.Equal(t, "/rooms/{id}/join", join.Attributes.get("url.path"))
		require.Equal(t, h.room, "/rooms/"+join.Attributes.get("telnyx.room_id").(string))
		require.Len(t, join.Attributes.get("user_agent.original"), maxAttributeBytes)
		require.Empty(t, spans[4].Attributes.get("telnyx.room_id"))
		require.Contains(t, h.logged.String(), join.SpanContext.TraceID)
		const template = "/rooms/{room_id}/actions/generate_join_client_token"
		for i, want := range []struct{ status, resendCount any }{{503.0, nil}, {nil, 1.0}, {404.0, 2.0}} {
			attempt := spans[i]
			require.Equal(t, "POST "+template, attempt.Name)
			require.Equal(t, join.SpanContext.SpanID, attempt.Parent.SpanID)
			require.Equal(t, template, attempt.Attributes.get("url.template"))
			require.Equal(t, want.status, attempt.Attributes.get("http.response.status_code"))
			require.Equal(t, want.resendCount, attempt.Attributes.get("http.request.resend_count"))
		}
		var metrics json.RawMessage
		require.NoError(t, decoder.Decode(&metrics))
		require.NotContains(t, string(metrics), "anyone.example")
		require.NotContains(t, string(metrics), "4711")
		require.Contains(t, string(metrics), `"Name":"http.client.request.duration"`)
		require.Contains(t, string(metrics), `{"Key":"url.template","Value":{"Type":"STRING","Value":"`+template+`"}}`)
	})
}

func TestShutdownDoesNotWaitForAReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader, unread := io.Pipe()
		h := newHarness(t, unread)
		h.do(joinRequest(h.room))
		start := time.Now()
		require.ErrorIs(t, h.telemetry.shutdown(t.Context()), context.DeadlineExceeded)
		require.Equal(t, shutdownTimeout, time.Since(start))
		require.NoError(t, reader.Close()) // the exporter's goroutine ends
	})
}
