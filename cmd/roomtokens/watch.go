package main

import (
	"context"
	"errors"
	"flag"
	"time"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// pollInterval is how often the source is asked, which costs nothing while the token is fresh. A new token is there about
// a second before a short-lived one ends.
const pollInterval = 200 * time.Millisecond

func watchCommand() command {
	return command{
		name: "watch", operand: "ROOM_ID",
		summary: "keep a client token fresh, and write each new one, until interrupted",
		about: `Keeps a client token for the room fresh: writes the first one, and each next one shortly before the one before it ends,
until interrupted with Ctrl-C, which exits with 0.

A failure to get the first token ends the command. After that, only a refusal that repetition does not mend ends it (400,
401, 403, 404, 422); others are reported and tried again.

The API key is read from TELNYX_API_KEY, or from the file that TELNYX_API_KEY_FILE names.`,
		example: "roomtokens watch 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 -token-ttl 1m | while read -r line; do echo \"$line\" | jq -r .token; done",
		setup: func(flags *flag.FlagSet) action {
			w := &watch{format: formatJSON}
			w.connection.define(flags)
			w.format.define(flags, "json, one line per token, without it")
			tokenTTLVar(flags, &w.params.TokenTTLSecs)
			refreshTokenTTLVar(flags, &w.params.RefreshTokenTTLSecs)
			return w.run
		},
	}
}

// watch is the command's flags.
type watch struct {
	connection connectionFlags
	format     format
	params     api.CreateRoomClientTokenRequest
}

func (w *watch) run(ctx context.Context, p *program, room string) error {
	client, roomID, err := p.keyedClient(room, w.connection)
	if err != nil {
		return err
	}
	source, err := client.TokenSource(roomID, w.params)
	if err != nil {
		return err
	}
	return w.follow(ctx, p, source)
}

// follow writes each new token of source until ctx ends.
func (w *watch) follow(ctx context.Context, p *program, source *roomtokens.TokenSource) error {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	seen := &watched{program: p, format: w.format}
	for {
		token, err := source.Token(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := seen.next(token, err); err != nil {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// watched is what has been written so far.
type watched struct {
	*program
	format format
	token  *roomtokens.ClientToken
	failed error // the last failure, until there is a new token
}

// next writes what the source has come up with, where it is new. It returns an error that ends the watch.
func (w *watched) next(token *roomtokens.ClientToken, err error) error {
	switch {
	case err != nil && (w.token == nil || isFinal(err)):
		return err
	case err != nil:
		if !errors.Is(err, w.failed) {
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
