package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

// patience is how long a program may take; its own deadline is half of it.
const patience = 2 * program.Deadline

// server gives the responses of one case in turn, the last one again and again, and keeps the requests.
type server struct {
	http.Server
	url string

	mu          sync.Mutex
	responses   []response
	seen        []request
	firstAt     time.Time
	connections int
}

type response struct {
	lasts   time.Duration // how long the first of a case is given again, from the first request on
	status  int
	header  http.Header
	padding string // a hundred times before the body
	body    string
}

type request struct{ host, uri, authorization, userAgent, body string }

func newServer(ctx context.Context) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + listener.Addr().String() + "/v2"}
	s.Handler, s.ConnState = s, s.count
	s.ReadHeaderTimeout = time.Minute
	go func() { _ = s.Serve(listener) }()
	return s, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	next := s.record(request{r.Host, r.RequestURI, r.Header.Get("Authorization"), r.UserAgent(), string(body)})
	w.Header().Set("Content-Type", "application/json")
	maps.Copy(w.Header(), next.header)
	w.WriteHeader(next.status)
	for range 100 {
		if _, err := io.WriteString(w, next.padding); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, next.body)
}

// record keeps the request and returns its response.
func (s *server) record(req request) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		s.firstAt = time.Now()
	}
	next := s.responses[min(len(s.seen), len(s.responses)-1)]
	if first := s.responses[0]; time.Since(s.firstAt) < first.lasts {
		next = first
	}
	s.seen = append(s.seen, req)
	return next
}

func (s *server) count(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		s.connections++
		s.mu.Unlock()
	}
}

// result is what a program did, and what the server saw of it.
type result struct {
	requests    []request
	connections int
	failed      bool
	killed      bool   // out of patience
	printed     string // all but the last line
	last        string
	stderr      string
	took        time.Duration
	memory      int64 // at its most, in bytes
}

// run starts w's program and waits for its end.
func (s *server) run(ctx context.Context, w way, c testCase) (result, error) {
	s.mu.Lock()
	s.responses, s.seen, s.connections = c.responses, nil, 0
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.cost.program, c.args...) //nolint:gosec // one of main's ways
	cmd.Env = append(os.Environ(), "TELNYX_BASE_URL="+s.url, "TELNYX_API_KEY="+apiKey)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	began := time.Now()
	stdout, err := cmd.Output()
	if cmd.ProcessState == nil {
		return result{}, err
	}
	r := result{failed: err != nil, killed: ctx.Err() != nil, took: time.Since(began), stderr: stderr.String()}
	output := strings.TrimSuffix(string(stdout), "\n")
	end := strings.LastIndexByte(output, '\n') + 1
	r.printed, r.last = output[:end], output[end:]
	// A process begins with its parent's memory: this program stays small.
	r.memory = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS == "linux" { // which counts in KiB
		r.memory *= 1024
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.requests, r.connections = s.seen, s.connections
	return r, nil
}

// bench returns the row of what a call costs in each way, in the fastest of its turns. The ways take turns, so that
// whatever else the machine does falls on all alike.
func (s *server) bench(ctx context.Context, ways []way, c testCase) ([]string, error) {
	const turns = 5
	row := make([]string, 1+len(ways))
	row[0] = c.name
	for range turns {
		for i, w := range ways {
			r, err := s.run(ctx, w, c)
			if err != nil || r.failed {
				return nil, fmt.Errorf("%s: %s: %w %s", w.name, c.name, err, r.stderr)
			}
			if best := &row[1+i]; *best == "" || number(r.last) < number(*best) {
				*best = r.last
			}
		}
	}
	return row, nil
}

// number returns the one that text begins with.
func number(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}
