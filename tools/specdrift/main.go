// Specdrift compares an upstream OpenAPI document with openapi.yaml and says whether the operations of openapi.yaml
// still mean the same on the wire.
//
//	specdrift [-format text|json|github] [-spec openapi.yaml] [-write [-commit SHA] [-date YYYY-MM-DD]] UPSTREAM
//
// UPSTREAM is a file or an https URL (http is for loopback). The document may be OpenAPI 3.0 or 3.1, of any number
// of paths: only the operations of openapi.yaml, found by method and path, and what they reach are looked at. Both sides
// are brought to one spelling first: references resolved, OpenAPI 3.0 spelled as 3.1, words, examples and x- fields left out.
// What then differs is judged by oasdiff, and by this program's own rules for the facts that oasdiff leaves alone.
//
// The first line of output is the verdict, each further line a change. The exit status is
//
//	0  in step, or help was asked for
//	1  changed, compatible
//	2  changed, breaking
//	3  no verdict: the document cannot be read, is not OpenAPI, lacks an operation, or the command line is wrong
//
// With -write, openapi.yaml takes upstream's facts over, keeping its own words, names, comments, order and x- fields,
// and info.x-upstream names the new document. The exit status still tells what was found before writing.
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

// deadline bounds a run whatever the document holds; a document like the real one takes about a second.
const deadline = time.Minute

const exitUnreadable = 3

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseSettings(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(stdout, usageLine)
		return 0
	}
	if err != nil {
		return fail(s.format, err, stdout, stderr)
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	changes, err := bounded(ctx, func() ([]change, error) { return inspect(ctx, s) })
	if err != nil {
		return fail(s.format, err, stdout, stderr)
	}
	if err := report(stdout, s.format, changes); err != nil {
		return fail(s.format, err, stdout, stderr)
	}
	return int(worst(changes))
}

// bounded runs work until ctx ends. A panic becomes an error, since Go's own exit status for one is 2, which here
// means a breaking change.
func bounded(ctx context.Context, work func() ([]change, error)) ([]change, error) {
	type result struct {
		changes []change
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("the comparison broke down: %v", p)
			}
			done <- r
		}()
		r.changes, r.err = work()
	}()
	select {
	case r := <-done:
		return r.changes, r.err
	case <-ctx.Done():
		return nil, errors.New("no verdict in time: the document is too slow to read or to compare")
	}
}

func inspect(ctx context.Context, s settings) ([]change, error) {
	ours, err := open(ctx, s.spec)
	if err != nil {
		return nil, err
	}
	theirs, err := open(ctx, s.upstream)
	if err != nil {
		return nil, err
	}
	pairs, err := trim(ours, theirs)
	if err != nil {
		return nil, err
	}
	changes, err := compare(pairs)
	if err != nil || !s.write {
		return changes, err
	}
	return changes, write(s, ours, theirs, pairs, len(changes) > 0)
}

func open(ctx context.Context, source string) (*document, error) {
	data, err := read(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", display(source), err)
	}
	d, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", display(source), err)
	}
	d.name = display(source)
	return d, nil
}
