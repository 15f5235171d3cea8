package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const faultsFlag = "faults"

func newMockCommand(p *program) *cobra.Command {
	m := &mock{program: p, addr: "127.0.0.1:4010"}
	cmd := &cobra.Command{
		Use:   "mock",
		Short: "Serve a fake of Telnyx, for tests in any language",
		Long:  mockHelp(),
		Example: `  (umask 077; exec roomtokens mock --addr 127.0.0.1:0 --output env > mock.env) &
  until [ -s mock.env ]; do sleep 0.1; done`,
		Args: cobra.NoArgs,
		RunE: m.run,
	}
	flags := cmd.Flags()
	flags.Func("addr", "host:port to listen on; port 0 is any free one; by default "+m.addr, m.setAddr)
	fileFlag(cmd, &m.faults, faultsFlag, "", "file with a fault script")
	flags.Func("room", "id of a room that exists, may be repeated; by default every room exists", m.addRoom)
	flags.Func("rate-limit", "requests/time, such as 100/1s, after which requests are refused with 429", m.setRateLimit)
	flags.Func("allow-host",
		"name under which it may be called, such as that of its container, may be repeated", m.access.addHost)
	flags.Func("allow-origin",
		"origin of web pages that may call, such as https://app.test, may be repeated; those on loopback always may",
		m.access.addOrigin)
	m.format.define(cmd, textOrJSON)
	return cmd
}

// mock is the command with its flags.
type mock struct {
	*program
	addr    string
	faults  string
	rooms   []uuid.UUID
	access  access
	format  format
	options []roomtokenstest.Option
}

// setAddr refuses a bad port, which the network would report otherwise.
func (m *mock) setAddr(value string) error {
	host, port, _ := net.SplitHostPort(value) // an empty port, which is none either, where it fails
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:4010, or :4010 for every interface")
	}
	m.addr, m.access.host = value, host
	return nil
}

func (m *mock) addRoom(value string) error {
	room, err := parseRoomID(value)
	m.rooms = append(m.rooms, room)
	return err
}

func (m *mock) setRateLimit(value string) error {
	number, duration, _ := strings.Cut(value, "/")
	requests, err := strconv.Atoi(number)
	window, _ := time.ParseDuration(duration) // 0 if it is none
	if err != nil || requests <= 0 || window <= 0 {
		return errors.New("must be a number of requests and a time, such as 100/1s")
	}
	m.options = append(m.options, roomtokenstest.WithRateLimit(requests, window))
	return nil
}

func (m *mock) run(cmd *cobra.Command, _ []string) error {
	signal.Ignore(syscall.SIGPIPE) // otherwise it ends the process when the reader of standard error closes it
	fake, err := m.newFake()
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupted(cmd.Context())
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", m.addr)
	if err != nil {
		return err
	}
	if err := m.write(m.format, endpointResult(listener.Addr().(*net.TCPAddr), fake.APIKey())); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = serve(ctx, listener, newServer(newMockHandler(fake, m.access), m.logger()))
	if unused := fake.Unused(); unused != nil {
		m.note("%v", unused)
	}
	return err
}

// readFaults reads the fault script. Without a file, there are no faults.
func (m *mock) readFaults() ([]roomtokenstest.Fault, error) {
	if m.faults == "" {
		return nil, nil
	}
	script, err := m.readInput("--"+faultsFlag, m.faults)
	if err != nil {
		return nil, err
	}
	faults, err := roomtokenstest.ParseFaults([]byte(script))
	if err != nil {
		return nil, usagef("--%s: %s: %s", faultsFlag, m.faults, plain(err))
	}
	return faults, nil
}

// newFake returns the fake that the flags and the environment describe. An empty API key is never valid.
func (m *mock) newFake() (*roomtokenstest.Server, error) {
	faults, err := m.readFaults()
	if err != nil {
		return nil, err
	}
	source, err := m.keySource()
	if err != nil {
		return nil, err
	}
	m.options = append(m.options, roomtokenstest.WithAPIKey(source.key), roomtokenstest.WithRequestLog(m.logRequest))
	if len(m.rooms) > 0 {
		m.options = append(m.options, roomtokenstest.WithRooms(m.rooms...))
	}
	fake := roomtokenstest.NewServer(m.options...)
	fake.Inject(faults...)
	return fake, nil
}

// endpointResult says how to reach the fake, in the variables that this program and Telnyx's SDKs read.
func endpointResult(addr *net.TCPAddr, apiKey string) result {
	if addr.IP.IsUnspecified() {
		addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: addr.Port}
	}
	url := "http://" + addr.String() + "/v2"
	return result{
		fields: map[string]string{"base_url": url, "api_key": apiKey},
		text:   fmt.Sprintf("A fake of Telnyx listens until Ctrl-C.\nBase URL  %s\nAPI key   %s\n", url, apiKey),
	}
}

// logRequest logs a request, if --verbose is set, without its query, header and body.
func (m *mock) logRequest(r roomtokenstest.Request) {
	attrs := []any{"method", r.Method, "path", pathOf(r.URI)}
	if r.Fault != "" {
		attrs = append(attrs, "fault", r.Fault)
	}
	if r.Status == 0 { // the fault broke the connection, or the client did
		m.logger().Info("no response", attrs...)
		return
	}
	m.logger().Info("request", append(attrs, "status", r.Status)...)
}

// newServer returns a server that waits a minute for a whole request, and lets the response take any time: a fault may
// delay it.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:        handler,
		ReadTimeout:    time.Minute,
		IdleTimeout:    5 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelError),
	}
}

// serve serves requests until ctx ends, and then closes every connection.
func serve(ctx context.Context, listener net.Listener, server *http.Server) error {
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}
