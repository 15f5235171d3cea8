package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/roomtokens/roomtokens-go"
)

const (
	shutdownTimeout = 5 * time.Second
	// maxAttributeBytes bounds what comes from anyone, such as a user agent.
	maxAttributeBytes = 256
)

// telemetry instruments both sides of the service: the requests that it gets, and those that it sends.
type telemetry struct {
	traces  *sdktrace.TracerProvider
	metrics *metric.MeterProvider
}

// newTelemetry writes JSON to w. To send to a collector, use the exporters otlptracehttp and otlpmetrichttp.
func newTelemetry(w io.Writer) (*telemetry, error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(w))
	if err != nil {
		return nil, err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(w))
	if err != nil {
		return nil, err
	}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = maxAttributeBytes
	return &telemetry{
		traces:  sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithRawSpanLimits(limits)),
		metrics: metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(metrics))),
	}, nil
}

// client is middleware for the client of Telnyx: a span and a measurement for each attempt.
func (t *telemetry) client(next http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(describe(next),
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics))
}

// describe adds to the telemetry of an attempt what otelhttp does not know. It names the span by the path's template:
// the path itself would make a name for each room.
func describe(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		attempt, _ := roomtokens.AttemptFromContext(r.Context())
		template := attempt.Operation.Path()
		span := trace.SpanFromContext(r.Context())
		span.SetName(r.Method + " " + template)
		span.SetAttributes(semconv.URLTemplate(template))
		if attempt.Number > 1 {
			span.SetAttributes(semconv.HTTPRequestResendCount(attempt.Number - 1))
		}
		labeler, _ := otelhttp.ClientLabelerFromContext(r.Context())
		labeler.Add(semconv.URLTemplate(template))
		return next.RoundTrip(r)
	})
}

// server is middleware for the routes: a span and a measurement for each request but those for its health.
func (t *telemetry) server(next http.Handler) http.Handler {
	return otelhttp.NewHandler(describeRequest(next), "joinservice",
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithServerName("joinservice:80"), // or the Host header, port included, would make a metric for each value
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" }))
}

// describeRequest has the span name the path by its template, and the room where the path has one.
func describeRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r) // it finds the pattern
		_, template, _ := strings.Cut(r.Pattern, " ")
		trace.SpanFromContext(r.Context()).SetAttributes(
			semconv.URLPath(template), attribute.String("telnyx.room_id", knownRoom(r)))
	})
}

// shutdown exports what is left, as far as that goes in shutdownTimeout.
func (t *telemetry) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx))
}
