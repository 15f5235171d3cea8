package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// pollInterval is how often the source is asked, which costs nothing while the token is fresh. A new token is there
// about a second before a short-lived one ends.
const pollInterval = 200 * time.Millisecond

func newWatchCommand(p *program) *cobra.Command {
	w := &watch{program: p, format: formatJSON}
	cmd := &cobra.Command{
		Use:   "watch [ROOM_ID]",
		Short: "Keep a client token fresh, and write each new one, until interrupted",
		Long: `Keeps a client token for the room fresh: writes the first one, and each next one shortly before its predecessor
ends, until interrupted with Ctrl-C, which exits with 0.

A failure to get the first token ends the command. After that, only a refusal that repetition does not mend ends it
(400, 401, 403, 404, 422); others are reported and tried again.

The API key is read from TELNYX_API_KEY, or from the file that TELNYX_API_KEY_FILE names; the room from ROOM_ID or
TELNYX_ROOM_ID.`,
		Example: `  roomtokens watch $ROOM_ID --token-ttl 1m | while read -r line; do echo "$line" | jq -r .token; done`,
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error { return w.run(cmd.Context(), args) },
	}
	tokenTTLFlag(cmd, &w.params.TokenTTLSecs)
	refreshTokenTTLFlag(cmd, &w.params.RefreshTokenTTLSecs)
	w.format.define(cmd, "json, one line per token")
	w.server.define(cmd)
	return cmd
}

// watch is the command with its flags, and what it has written so far.
type watch struct {
	*program
	server serverFlags
	format format
	params api.CreateRoomClientTokenRequest

	token  *roomtokens.ClientToken
	failed error // the last failure, until there is a new token
}

func (w *watch) run(ctx context.Context, args []string) error {
	client, roomID, err := w.keyedClient(args, w.server)
	if err != nil {
		return err
	}
	source, err := client.TokenSource(roomID, w.params, roomtokens.WithFetchTimeout(w.server.timeout))
	if err != nil {
		return err
	}
	return w.follow(ctx, source)
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

// next writes what the source has come up with, where it is new. It returns an error that ends the watch.
func (w *watch) next(token *roomtokens.ClientToken, err error) error {
	switch {
	case err != nil && (w.token == nil || isFinal(err)):
		return err
	case err != nil:
		if !errors.Is(err, w.failed) && !w.quiet {
			w.note("roomtokens: %s; trying again", plain(err))
		}
		w.failed = err
		return nil
	case w.token != nil && token.Token == w.token.Token:
		return nil
	}
	w.token, w.failed = token, nil
	return w.write(w.format, tokenResult(token))
}

// isFinal reports a refusal that repetition does not mend.
func isFinal(err error) bool {
	for _, final := range []error{
		roomtokens.ErrUnauthorized, roomtokens.ErrForbidden, roomtokens.ErrNotFound, roomtokens.ErrInvalidRequest,
	} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
