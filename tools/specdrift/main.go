// Specdrift compares an upstream OpenAPI document with openapi.yaml and says whether the operations of openapi.yaml
// still mean the same on the wire.
//
//	specdrift [-format text|github] [-spec openapi.yaml] UPSTREAM
//
// UPSTREAM is OpenAPI 3.0 or 3.1 in YAML or JSON, of any number of paths: only the operations of openapi.yaml, found by
// method and path, and what they reach are looked at. The first line of output is the verdict, each further line a
// change and whom it breaks. The exit status is
//
//	0  in step, or help was asked for
//	1  changed, compatible
//	2  changed, breaking
//	3  no verdict: a document cannot be read, is not OpenAPI, lacks an operation, or the command line is wrong
//
// A document that was cut short gives no verdict where that shows: its last line has no end, or a value, an operation,
// the servers or what a reference names is missing. Upstream's document has its servers after its paths. Where they
// come before, what only a lost end would have said cannot be known: fetch with a tool that checks the length.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	deadline  = 20 * time.Second // upstream's document takes a fifth of a second
	noVerdict = 3
	usage     = "usage: specdrift [-format text|github] [-spec openapi.yaml] UPSTREAM"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	format := flags.String("format", "text", "")
	spec := flags.String("spec", "openapi.yaml", "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(stdout, usage)
		return 0
	case err == nil && *format != "text" && *format != "github":
		err = fmt.Errorf("no such format: %q", *format)
	case err == nil && (flags.NArg() != 1 || flags.Arg(0) == ""):
		err = errors.New("name one upstream document, after the flags")
	}
	if err != nil {
		return fail(fmt.Errorf("%w; %s", err, usage), "text", stdout, stderr)
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	changes, err := bounded(ctx, func() ([]change, error) { return inspect(*spec, flags.Arg(0)) })
	if err == nil {
		err = report(stdout, *format, changes)
	}
	if err != nil {
		return fail(err, *format, stdout, stderr)
	}
	return int(worst(changes))
}

// bounded runs work until ctx ends. A panic becomes an error, since Go's own exit status for one is 2, which here
// means a breaking change.
func bounded(ctx context.Context, work func() ([]change, error)) ([]change, error) {
	var changes []change
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the comparison broke down: %v", p)
			}
		}()
		changes, err = work()
	}()
	select {
	case <-done:
		return changes, err
	case <-ctx.Done():
		return nil, errors.New("no verdict in time: the document is too slow to read or to compare")
	}
}

func inspect(spec, upstream string) ([]change, error) {
	ours, err := open(spec)
	if err != nil {
		return nil, err
	}
	theirs, err := open(upstream)
	if err != nil {
		return nil, err
	}
	return compareAll(ours, theirs)
}

func open(name string) (*document, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file to read
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	d, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// fail reports on one line that there is no verdict.
func fail(err error, format string, stdout, stderr io.Writer) int {
	if format == "github" {
		_, _ = fmt.Fprintln(stdout, annotation(breaking, "spec drift", err.Error()))
	} else {
		_, _ = fmt.Fprintln(stderr, "specdrift: "+printable(err.Error()))
	}
	return noVerdict
}
