// Joinservice lets signed-in users into Telnyx video rooms. It holds the API key; its callers get client tokens.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// drainTimeout is how long a shutdown waits for the requests in progress.
const drainTimeout = callTimeout + 5*time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	if err := run(ctx, os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "joinservice:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Telemetry goes to stdout, the log to stderr.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	telemetry, err := newStdoutTelemetry(stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, telemetry.shutdown(context.WithoutCancel(ctx))) }()
	service, err := newService(getenv, log, roomtokens.WithMiddleware(telemetry.client))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cmp.Or(getenv("LISTEN"), "127.0.0.1:8080"))
	if err != nil {
		return fmt.Errorf("LISTEN: %w", err)
	}
	log.Info("listening", "address", listener.Addr().String())
	return serve(ctx, listener, telemetry.server(service.routes()), log)
}

// serve answers requests until ctx ends, and then those that are in progress.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:      handler,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: callTimeout + 5*time.Second,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return server.Shutdown(ctx)
}
