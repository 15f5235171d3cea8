// Specdrift lists the facts of the operations of openapi.yaml that an upstream OpenAPI document states otherwise.
//
//	specdrift [-spec openapi.yaml] UPSTREAM
//
// UPSTREAM is OpenAPI 3 in YAML, of any number of paths. Of each operation of openapi.yaml, found by method and path,
// these facts are compared: operation id, tags and deprecation, servers, security schemes, parameters, request body,
// responses, and each keyword of their schemas.
//
// Words, examples and extensions (x-...) are no facts, nor is it how a fact is spelled: inline or as a component, of
// whatever name, what may be null, a list that is a set in another order, or a default of OpenAPI that is written down.
//
// The first line of output is "in step" or "changed". After "changed", each fact that differs has a line. Whether it
// breaks callers is for a person to judge. The exit status is
//
//	0  in step, or help was asked for
//	1  changed
//	3  no verdict: a document cannot be read or is not OpenAPI, a reference leads nowhere, a schema holds itself,
//	   the command line is wrong
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	inStep    = 0
	changed   = 1
	noVerdict = 3 // a crash is Go's 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = fmt.Fprintln(stderr, "usage: specdrift [-spec openapi.yaml] UPSTREAM") }
	spec := flags.String("spec", "openapi.yaml", "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return inStep
	} else if err != nil {
		return noVerdict
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return noVerdict
	}
	facts, err := inspect(*spec, flags.Arg(0))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "specdrift:", err)
		return noVerdict
	}
	verdict, status := "in step", inStep
	if len(facts) > 0 {
		verdict, status = "changed", changed
	}
	if _, err := fmt.Fprintln(stdout, strings.Join(append([]string{verdict}, facts...), "\n")); err != nil {
		return noVerdict
	}
	return status
}

func inspect(spec, upstream string) ([]string, error) {
	ours, err := read(spec)
	if err != nil {
		return nil, err
	}
	theirs, err := read(upstream)
	if err != nil {
		return nil, err
	}
	return compare(ours, theirs)
}
