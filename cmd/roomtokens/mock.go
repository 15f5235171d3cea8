package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func newMockCommand(p *program) *cobra.Command {
	m := &mock{}
	cmd := &cobra.Command{
		Use:   "mock",
		Short: "Serve a fake of Telnyx, for tests in any language",
		Long:  mockAbout + "\n\n" + readyMade(),
		Example: `  export TELNYX_API_KEY=anything TELNYX_BASE_URL=http://127.0.0.1:4010/v2
  roomtokens mock > /dev/null &`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return m.run(cmd.Context(), p) },
	}
	cmd.Flags().StringVar(&m.addr, "addr", "127.0.0.1:4010", "`address` to listen on; with port 0, the system chooses a free one")
	cmd.Flags().StringVar(&m.faults, "faults", "", "`file` with a fault script")
	m.format.define(cmd, "text on a terminal, json elsewhere")
	return cmd
}

const mockAbout = `Serves a fake of Telnyx's two room client token operations until interrupted with Ctrl-C. It holds requests against the
spec and signs real JWTs; every room exists. Its base URL and an API key that it takes go to standard output, and a log of
requests, without secrets, to standard error. It also takes the key in TELNYX_API_KEY or TELNYX_API_KEY_FILE, where there is
one: for tests that need a fixed key.

A fault script is a JSON array. A request meets the first fault that is for its operation, and uses it up:

  [
    {"fault": "rate limited", "times": 2, "operation": "CreateRoomClientToken"},
    {"fault": "delay", "delay": "3s"},
    {"status": 503, "headers": {"Retry-After": "1"}, "body": "down"}
  ]

  fault        a ready-made one, by name; what stands beside it comes on top
  name         for the log
  operation    CreateRoomClientToken or RefreshRoomClientToken; any request without it
  times        how many requests meet it; 1 without it
  lasts        in place of times: every request for so long after the first, such as "5s"
  delay        wait before the answer
  reset        true: the connection breaks before the answer
  truncate     true: the connection breaks in the middle of the body
  clock_skew   the server's clock is off by so much for this answer
  status       of the answer, 200 to 599; the server's own answer without it
  headers      added to the answer; null takes one away
  problems     array of video_Error for the body
  body         the body as it is, where there are no problems
  size         bytes that the body is filled up to with white space`

// readyMade lists the names that a fault script may give.
func readyMade() string {
	const width = 110
	lines := []string{"Ready-made faults:"}
	line := " "
	for _, name := range slices.Sorted(maps.Keys(roomtokenstest.Faults())) {
		if len(line)+len(name) > width {
			lines, line = append(lines, line), " "
		}
		line += " " + name + ","
	}
	return strings.Join(append(lines, strings.TrimSuffix(line, ",")), "\n")
}

// mock is the command's flags.
type mock struct {
	addr   string
	faults string
	format format
}

func (m *mock) run(ctx context.Context, p *program) error {
	faults, err := readFaults(m.faults)
	if err != nil {
		return usagef("--faults: %w", err)
	}
	apiKey, err := p.apiKey()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(p.stderr, nil))
	opts := []roomtokenstest.Option{roomtokenstest.WithRequestLog(requestLog(log))}
	if apiKey != "" {
		opts = append(opts, roomtokenstest.WithAPIKey(apiKey))
	}
	server := roomtokenstest.NewServer(opts...)
	server.Inject(faults...)

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", m.addr)
	if err != nil {
		return err
	}
	if err := p.write(m.format, endpointResult(listener.Addr().(*net.TCPAddr), server.APIKey())); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = serve(ctx, listener, server, log)
	if unused := server.Unused(); unused != nil {
		p.note("%v", unused)
	}
	return err
}

// endpointResult says how to reach the fake, under the names that this program and Telnyx's own SDKs read.
func endpointResult(addr *net.TCPAddr, apiKey string) result {
	if addr.IP.IsUnspecified() {
		addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: addr.Port}
	}
	url := "http://" + addr.String() + "/v2"
	return result{
		json: struct {
			BaseURL string `json:"base_url"`
			APIKey  string `json:"api_key"`
		}{url, apiKey},
		text: fmt.Sprintf("A fake of Telnyx listens until Ctrl-C.\nBase URL  %s\nAPI key   %s\n", url, apiKey),
		env:  []variable{{baseURLVariable, url}, {keyVariable, apiKey}},
	}
}

// serve answers requests until ctx ends, which also cuts short what a fault delays.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	const grace = time.Second
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = server.Close()
	})
	err := server.Serve(listener)
	if !stop() {
		<-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
