package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/roomtokens/roomtokens-go"
)

// program is the process that the commands run in, and the flags that they share.
type program struct {
	env    func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	quiet, verbose bool
	parsed         bool // whether the command line is valid
}

// run runs a command and returns the exit code.
func run(
	ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	p := &program{env: env, stdin: stdin, stdout: stdout, stderr: redactingWriter{stderr}}
	err := p.execute(ctx, args)
	if err == nil {
		return exitOK
	}
	code := exitCode(ctx, err)
	p.report(err, code)
	return code
}

func (p *program) execute(ctx context.Context, args []string) error {
	root := newRootCommand(p)
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for os.Args
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !p.parsed {
		return usagef("%w\nRun '%s --help' for usage.", err, cmd.CommandPath())
	}
	return err
}

// report says what went wrong, and what to do about it.
func (p *program) report(err error, code int) {
	if code == exitInterrupted {
		p.note("roomtokens: interrupted")
		return
	}
	p.note("roomtokens: %s", plain(err))
	if next := advice(err); next != "" {
		p.note("%s", next)
	}
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

const (
	exitOK          = 0
	exitRefused     = 1   // by the API, or its response was not valid
	exitUsage       = 2   // an argument, an input or a file
	exitNetwork     = 3   // no response, or no port
	exitInterrupted = 130 // as shells report SIGINT
)

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func exitCode(ctx context.Context, err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if refusal, ok := errors.AsType[*roomtokens.Error](err); ok && refusal.StatusCode != 0 {
		if errors.Is(err, roomtokens.ErrInvalidResponse) && isNetwork(errors.Unwrap(refusal)) {
			return exitNetwork
		}
		return exitRefused
	}
	switch {
	case errors.Is(err, roomtokens.ErrInvalidRequest):
		return exitUsage
	case errors.Is(err, roomtokens.ErrInvalidResponse):
		return exitRefused
	}
	return exitNetwork
}

// isNetwork reports that the connection broke or took too long.
func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}
