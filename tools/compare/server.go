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

	mu        sync.Mutex
	responses []response
	seen      []request
}

type response struct {
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
	s.Handler = s
	s.ReadHeaderTimeout = time.Minute
	go func() { _ = s.Serve(listener) }()
	return s, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	next := s.responses[min(len(s.seen), len(s.responses)-1)]
	s.seen = append(s.seen, request{r.Host, r.RequestURI, r.Header.Get("Authorization"), r.UserAgent(), string(body)})
	s.mu.Unlock()
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

// result is what a program did, and what the server saw of it.
type result struct {
	requests []request
	failed   bool
	killed   bool   // out of patience
	printed  string // all but the last line
	last     string
	stderr   string
	took     time.Duration
	memory   int64 // at its most, in bytes
}

// run starts w's program and waits for its end.
func (s *server) run(ctx context.Context, w way, responses []response, args ...string) (result, error) {
	s.mu.Lock()
	s.responses, s.seen = responses, nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args = append(w.command[1:len(w.command):len(w.command)], args...)
	cmd := exec.CommandContext(ctx, w.command[0], args...) //nolint:gosec // one of main's ways
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
	r.requests = s.seen
	return r, nil
}

// bench says what a create call costs in each way, in the fastest of its turns. The ways take turns, so that whatever
// else the machine does falls on all alike.
func (s *server) bench(ctx context.Context, ways []way) ([]string, error) {
	const turns = 5
	best := make([]string, len(ways))
	for range turns {
		for i, w := range ways {
			r, err := s.run(ctx, w, []response{created()}, "bench", room)
			if err != nil || r.failed {
				return nil, fmt.Errorf("%s: bench: %w %s", w.name, err, r.stderr)
			}
			if best[i] == "" || number(r.last) < number(best[i]) {
				best[i] = r.last
			}
		}
	}
	return best, nil
}

// number returns the one that text begins with.
func number(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// observe adds to w's column how many operations it has, what a call costs, and what its program does in each case.
func (s *server) observe(ctx context.Context, w way, cost string, column []string) ([]string, error) {
	r, err := s.run(ctx, w, nil, "operations")
	if err != nil || r.failed {
		return nil, fmt.Errorf("operations: %w %s", err, r.stderr)
	}
	column = append(column, r.last, cost)
	for _, c := range cases(s.url) {
		r, err := s.run(ctx, w, c.responses, c.args...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		column = append(column, c.judge(r))
	}
	return column, nil
}
