package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// program is what the commands know of the process that they run in.
type program struct {
	env    func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// run is the whole program but for the process. It returns the exit code.
func run(
	ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	p := &program{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	err := p.dispatch(ctx, args)
	if err == nil {
		return exitDone
	}
	code := exitCode(ctx, err)
	p.report(err, code)
	return code
}

// dispatch runs the command that args name.
func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		p.note("%s", overview())
		return wrongUse("a command is missing")
	}
	cmd, ok := commandNamed(args[0])
	if !ok {
		return wrongUse("there is no such command; see: roomtokens help")
	}
	act, operand, err := cmd.parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return p.print(cmd.help())
	}
	if err != nil {
		return wrongUse("%s: %w; see: roomtokens help %s", cmd.name, err, cmd.name)
	}
	return act(ctx, p, operand)
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

// plain is the text of err without the name of the package, which is this program's too.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "roomtokens: ") }

// note writes a line to standard error. Where that fails, there is nobody to tell.
func (p *program) note(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, format+"\n", args...)
}

// print writes to standard output.
func (p *program) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return wrongUse("the result cannot be written: %w", err)
	}
	return nil
}
