package main

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestEachAttemptHasASpanAndAMeasurement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.telnyx.Inject(
			roomtokenstest.Fault{Status: 503}, roomtokenstest.Fault{Reset: true}, roomtokenstest.Fault{Status: 404},
		)
		h.do("alice", http.MethodPost, h.room+"/join", "")
		h.do("", http.MethodGet, "/healthz", "")

		require.NoError(t, h.telemetry.traces.ForceFlush(t.Context()))
		spans := h.spans.GetSpans()
		require.Len(t, spans, 4)
		join := spans[3]
		require.Equal(t, "POST /rooms/{id}/join", join.Name)
		require.Contains(t, h.log.String(), join.SpanContext.TraceID().String())
		for i, outcome := range []string{"503", "*errors.errorString", "404"} {
			require.Equal(t, "POST generate_join_client_token", spans[i].Name)
			require.Equal(t, join.SpanContext.SpanID(), spans[i].Parent.SpanID())
			require.Equal(t, outcome, outcomeOf(attribute.NewSet(spans[i].Attributes...)))
		}
		require.Equal(t, map[string]uint64{"503": 1, "errors.errorString": 1, "404": 1}, h.measuredAttempts(t))
	})
}

// measuredAttempts counts the requests to Telnyx by their outcome.
func (h *harness) measuredAttempts(t *testing.T) map[string]uint64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	require.NoError(t, h.metrics.Collect(t.Context(), &metrics))
	counts := map[string]uint64{}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != "http.client.request.duration" {
				continue
			}
			for _, point := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				counts[outcomeOf(point.Attributes)] += point.Count
			}
		}
	}
	return counts
}

// outcomeOf returns the status of a response or, where there was none, the type of the error.
func outcomeOf(attributes attribute.Set) string {
	if status, ok := attributes.Value("http.response.status_code"); ok {
		return status.String()
	}
	kind, _ := attributes.Value("error.type")
	return kind.String()
}
