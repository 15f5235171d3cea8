// Command roomtokens creates and refreshes Telnyx room client tokens, and serves a fake of Telnyx that does.
//
// Its results go to standard output and everything else to standard error. See "roomtokens help".
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
)

func main() {
	stderr := os.Stderr
	log.SetOutput(redactingWriter{stderr}) // net/http logs what a server sends on an idle connection
	os.Stderr = nil                        // cobra's completion writes arguments to it, whatever SetErr says
	p := &program{
		env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: redactingWriter{stderr}, transport: newTransport(),
	}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// untilInterrupted returns a context that the first SIGINT or SIGTERM ends. The next one ends the program.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// program is the process that the commands run in, and the flags that they share.
type program struct {
	env       func(string) string
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	transport http.RoundTripper

	quiet, verbose bool
	parsed         bool // whether the command line is valid
}

// run runs a command and returns the exit code. It reports what went wrong, and what to do about it.
func (p *program) run(ctx context.Context, args []string) int {
	root := newRootCommand(p)
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for os.Args
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case !p.parsed:
		err = usagef("%w\nRun '%s --help' for usage.", err, cmd.CommandPath())
	}
	code := exitCode(err)
	p.note("roomtokens: %s", plain(err))
	if next := advice(err, code); next != "" {
		p.note("%s", next)
	}
	return code
}

// plain returns the text of err without the name of a package.
func plain(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "roomtokens: "), "roomtokenstest: ")
}

// note writes a line to standard error. A failure to do so is not reported anywhere.
func (p *program) note(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, format+"\n", args...)
}

// logger returns a log on standard error.
func (p *program) logger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case p.quiet:
		level = slog.LevelError
	case p.verbose:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
}

// secretPattern matches what may be a key or a token: 40 or more characters of those that they consist of (RFC 6750,
// section 2.1), or of their escapes in a URL. Keys have 58 characters and JWTs over 100, but a UUID has 36. A slash
// ends a match, so that paths stay readable.
var secretPattern = regexp.MustCompile(`[\w.~+%-]{40,}`)

const redacted = "[REDACTED]"

func redact(text string) string { return secretPattern.ReplaceAllString(text, redacted) }

// redactingWriter redacts each write on its own, and passes it on.
type redactingWriter struct{ w io.Writer }

// Write implements io.Writer.
func (r redactingWriter) Write(p []byte) (int, error) {
	_, err := io.WriteString(r.w, redact(string(p)))
	return len(p), err
}
