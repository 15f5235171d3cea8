package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
)

// telemetry instruments both sides of the service: the requests that it gets, and those that it sends.
type telemetry struct {
	traces  *trace.TracerProvider
	metrics *metric.MeterProvider
}

// newTelemetry exports to exporter and reader. OTEL_SERVICE_NAME names the service.
func newTelemetry(exporter trace.SpanExporter, reader metric.Reader) *telemetry {
	return &telemetry{
		traces:  trace.NewTracerProvider(trace.WithBatcher(exporter)),
		metrics: metric.NewMeterProvider(metric.WithReader(reader)),
	}
}

// newStdoutTelemetry writes JSON to w. To send to a collector, use the exporters otlptracehttp and otlpmetrichttp.
func newStdoutTelemetry(w io.Writer) (*telemetry, error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(w))
	if err != nil {
		return nil, err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(w))
	if err != nil {
		return nil, err
	}
	return newTelemetry(spans, metric.NewPeriodicReader(metrics)), nil
}

// client is middleware for the client of Telnyx: a span and a measurement for each attempt.
func (t *telemetry) client(next http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(next,
		otelhttp.WithTracerProvider(t.traces),
		otelhttp.WithMeterProvider(t.metrics),
		// The last element names the operation; the whole path would make a name for each room.
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			return r.Method + " " + path.Base(r.URL.Path)
		}),
	)
}

// server is middleware for the routes: a span and a measurement for each request but those for its health.
func (t *telemetry) server(next http.Handler) http.Handler {
	return otelhttp.NewHandler(next, "joinservice",
		otelhttp.WithTracerProvider(t.traces),
		otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" }),
	)
}

// shutdown exports what is left.
func (t *telemetry) shutdown(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx))
}
