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
	"sync"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// attemptTimeout leaves time for a second attempt where the first gets no response.
const attemptTimeout = 4 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // so that a second signal ends the process at once
	signal.Ignore(syscall.SIGPIPE) // whoever read the log or the telemetry may be gone
	if err := run(ctx, os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "joinservice:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Telemetry goes to stdout, the log to stderr.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	log, err := newLogger(stderr, getenv("LOG_LEVEL"))
	if err != nil {
		return err
	}
	mayEnter, err := listedAccess(getenv("ROOM_ACCESS"))
	if err != nil {
		return fmt.Errorf("ROOM_ACCESS: %w", err)
	}
	telemetry, err := newTelemetry(stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, telemetry.shutdown(context.WithoutCancel(ctx))) }()
	client, err := newClient(getenv, roomtokens.WithMiddleware(telemetry.client), roomtokens.WithLogger(log))
	if err != nil {
		return fmt.Errorf("TELNYX_API_KEY, TELNYX_BASE_URL: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var bots sync.WaitGroup
	defer bots.Wait()
	defer cancel()
	if room := getenv("RECORDER_ROOM"); room != "" {
		tokens, err := recorderTokens(client, room)
		if err != nil {
			return fmt.Errorf("RECORDER_ROOM: %w", err)
		}
		setToken := func(*roomtokens.ClientToken) {} // your media SDK's goes here
		bots.Go(func() { record(ctx, tokens, setToken, log) })
	}
	return serve(ctx, cmp.Or(getenv("LISTEN"), "127.0.0.1:8080"), telemetry.server(routes(client, mayEnter, log)), log)
}

func newClient(getenv func(string) string, opts ...roomtokens.Option) (*roomtokens.Client, error) {
	opts = append(opts,
		roomtokens.WithBaseURL(cmp.Or(getenv("TELNYX_BASE_URL"), api.ServerURL)),
		roomtokens.WithAttemptTimeout(attemptTimeout), roomtokens.WithMiddleware(noteUpstream))
	return roomtokens.New(getenv("TELNYX_API_KEY"), opts...)
}

// serve responds to requests until ctx ends, and then to those that are in progress, which callTimeout bounds.
func serve(ctx context.Context, address string, handler http.Handler, log *slog.Logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("LISTEN: %w", err)
	}
	log.Info("listening", "address", listener.Addr().String())
	server := newServer(handler, log)
	drained := make(chan error, 1)
	context.AfterFunc(ctx, func() { drained <- server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-drained
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:      handler,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: callTimeout + 5*time.Second,
		// A load balancer keeps a connection for a minute, and must be the first to close it: a request that it sends
		// meanwhile is lost otherwise.
		IdleTimeout:    75 * time.Second,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
