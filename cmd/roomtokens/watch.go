package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// pollInterval is how often the source is asked for its token, which costs nothing while that is fresh. The next token
// is there about a second before a short-lived one expires.
const pollInterval = 200 * time.Millisecond

func newWatchCommand(p *program) *cobra.Command {
	w := &watch{program: p, format: formatJSON}
	cmd := &cobra.Command{
		Use:   "watch [ROOM_ID]",
		Short: "Keep a client token fresh, and write each new one, until interrupted",
		Long: `Keeps a client token for the room fresh: writes the first one, and each next one shortly before the last one
expires, until interrupted with Ctrl-C, which exits with 0.

A failure to get the first token ends the command. Later failures are reported and retried; the command ends if the
last token has expired and the API responds with 400, 401, 403, 404 or 422.

` + keyAndRoomHelp,
		Example: `  roomtokens watch $ROOM_ID --token-ttl 1m | while read -r line; do echo "$line" | jq -r .token; done`,
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return w.run(cmd.Context(), args) },
	}
	tokenTTLFlag(cmd, &w.params.TokenTTLSecs)
	refreshTokenTTLFlag(cmd, &w.params.RefreshTokenTTLSecs)
	w.format.define(cmd, "json, one line per token")
	w.server.define(cmd)
	return cmd
}

// watch is the command with its flags.
type watch struct {
	*program
	server serverFlags
	format format
	params api.CreateRoomClientTokenRequest

	token atomic.Pointer[roomtokens.ClientToken] // the last one written; the goroutine of a fetch reads it as well
}

func (w *watch) run(ctx context.Context, args []string) error {
	client, roomID, err := w.keyedClient(ctx, args, w.server)
	if err != nil {
		return err
	}
	source, err := client.TokenSource(roomID, w.params,
		roomtokens.WithFetchTimeout(w.server.timeout), roomtokens.WithFetchObserver(w.report))
	if err != nil {
		return err
	}
	return w.follow(ctx, source)
}

// report reports failures while there is a token. The first failure without one ends the command, with its error.
func (w *watch) report(e roomtokens.FetchEvent) {
	if e.Err == nil || w.token.Load() == nil || w.quiet {
		return
	}
	next := "creating a token instead"
	if e.Wait > 0 {
		next = fmt.Sprintf("next try in %v", e.Wait.Round(time.Millisecond))
	}
	w.note("roomtokens: %s; %s", plain(e.Err), next)
}

// follow writes each new token of source until ctx ends.
func (w *watch) follow(ctx context.Context, source *roomtokens.TokenSource) error {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		token, err := source.Token(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := w.next(token, err); err != nil {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// next writes a token that is new. It returns an error that ends the command.
func (w *watch) next(token *roomtokens.ClientToken, err error) error {
	last := w.token.Load()
	switch {
	case err != nil && (last == nil || isFinal(err)):
		return err
	case err != nil || token == last:
		return nil
	}
	w.token.Store(token)
	return w.write(w.format, tokenResult(token))
}

// isFinal reports a refusal that retries do not change.
func isFinal(err error) bool {
	return errors.Is(err, roomtokens.ErrUnauthorized) || errors.Is(err, roomtokens.ErrForbidden) ||
		errors.Is(err, roomtokens.ErrNotFound) || errors.Is(err, roomtokens.ErrInvalidRequest)
}
