//go:build conformance

package conformance_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	prismFile = "node_modules/@stoplight/prism-cli/dist/index.js"
	// lifetime bounds a mock from outside, and ownBound from inside, for when this process is killed.
	lifetime = 2 * time.Minute
	ownBound = "data:text/javascript,setTimeout(() => process.exit(3), 120000).unref()"
)

// prism is a running mock of a spec.
type prism struct {
	url    string
	cmd    *exec.Cmd
	output chan string // closed at the end of the mock's output
	log    []string
}

// startPrism starts a mock on a free loopback port and waits until it listens.
func startPrism(t *testing.T, spec string) *prism {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "the conformance tests need Node.js, which is not installed")
	require.FileExists(t, prismFile, "Prism is not installed: run npm ci --ignore-scripts in test/conformance")
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, node, "--import", ownBound, prismFile, "mock", "--errors",
		"--multiprocess=false", "--host", "127.0.0.1", "--port", "0", spec)
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "FORCE_COLOR=0", "SCARF_ANALYTICS=false")
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = writer, writer
	require.NoError(t, cmd.Start())
	require.NoError(t, writer.Close())
	p := &prism{cmd: cmd, output: lines(reader)}
	t.Cleanup(func() { p.stop(t) })
	p.url = p.await(t, regexp.MustCompile(`Prism is listening on (http://\S+)`))
	return p
}

// lines reads r to its end, line by line.
func lines(r io.ReadCloser) chan string {
	read := make(chan string, 10_000)
	go func() {
		defer close(read)
		defer r.Close()
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			read <- scanner.Text()
		}
	}()
	return read
}

// await returns what the mock prints in the place of pattern's group.
func (p *prism) await(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	for line := range p.output {
		p.log = append(p.log, line)
		if groups := pattern.FindStringSubmatch(line); groups != nil {
			return groups[1]
		}
	}
	t.Fatalf("Prism ended without a line like %q:\n%s", pattern, strings.Join(p.log, "\n"))
	return ""
}

// stop ends the mock, if it still runs, and reads the rest of its log.
func (p *prism) stop(t *testing.T) {
	t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // it was killed, which counts as an error
	for line := range p.output {
		p.log = append(p.log, line)
	}
}

// received and passed count the requests that the mock has seen, and those that it found nothing wrong with. They are
// to be called once the mock has stopped.
func (p *prism) received() int {
	return len(p.matching(regexp.MustCompile(`Request received`)))
}

func (p *prism) passed() int {
	return len(p.matching(regexp.MustCompile(`The request passed the validation rules`)))
}

// violations are the lines in which the mock complains. It is to be called once the mock has stopped.
func (p *prism) violations() []string {
	return p.matching(regexp.MustCompile(`(?i)warning|error|fatal|violation`))
}

func (p *prism) matching(pattern *regexp.Regexp) []string {
	var found []string
	for _, line := range p.log {
		if pattern.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

// specFile is openapi.yaml of the repository.
func specFile() string { return filepath.Join("..", "..", "openapi.yaml") }
