// Command roomtokens creates and refreshes Telnyx room client tokens, and serves a fake of Telnyx that does.
//
// Its results go to standard output and everything else to standard error. See "roomtokens help".
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	stderr := newLossyWriter(os.Stderr)
	log.SetOutput(redactingWriter{stderr}) // net/http logs what a server sends unasked
	os.Stderr = nil                        // cobra's completion quotes arguments there, whatever its writers are
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, stderr)
	stderr.close(time.Second)
	os.Exit(code)
}
