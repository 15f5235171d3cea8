package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const pairFlag = "pair"

func newWatchCommand(p *program) *cobra.Command {
	w := &watch{program: p, format: formatJSON}
	cmd := &cobra.Command{
		Use:   "watch [ROOM_ID]",
		Short: "Keep a client token fresh, and write each new one, until interrupted",
		Long: `Keeps a client token for the room fresh: writes the first one, and each next one shortly before the last one
expires, until interrupted with Ctrl-C, which exits with 0, or until nobody reads its output any more: at once on
Linux and macOS, elsewhere with the next token.

With --pair it starts from the output of roomtokens create, and needs no API key: it refreshes until the refresh token
expires. With a key, it creates a new pair then.

A failure to get the first token ends the command. Later failures are reported and retried; the command ends if the
last token has expired and the API responds with 400, 401, 403, 404 or 422.

` + keyAndRoomHelp,
		Example: `  roomtokens watch $ROOM_ID --token-ttl 1m | while read -r line; do echo "$line" | jq -r .token; done
  roomtokens watch $ROOM_ID --pair pair.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return w.run(cmd.Context(), args) },
	}
	fileFlag(cmd, &w.pairFile, pairFlag, "", "file with the output of roomtokens create to start from, json or env")
	tokenTTLFlag(cmd, &w.params.TokenTTLSecs)
	refreshTokenTTLFlag(cmd, &w.params.RefreshTokenTTLSecs)
	w.format.define(cmd, "json, one line per token")
	w.server.define(cmd)
	return cmd
}

// watch is the command with its flags.
type watch struct {
	*program
	server   serverFlags
	format   format
	pairFile string
	params   api.CreateRoomClientTokenRequest

	started atomic.Bool // a token has been written; the goroutine of a fetch reads it as well
}

func (w *watch) run(ctx context.Context, args []string) error {
	source, err := w.source(ctx, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if stdout, ok := w.stdout.(*os.File); ok {
		go func() {
			if waitUntilUnread(stdout) {
				cancel()
			}
		}()
	}
	return w.follow(ctx, source)
}

func (w *watch) source(ctx context.Context, args []string) (*roomtokens.TokenSource, error) {
	roomID, err := w.roomID(args)
	if err != nil {
		return nil, err
	}
	options := []roomtokens.SourceOption{
		roomtokens.WithFetchTimeout(w.server.timeout), roomtokens.WithFetchObserver(w.report),
	}
	apiKey := w.requiredAPIKey
	if w.pairFile != "" {
		pair, err := w.pair(ctx, pairFlag, w.pairFile)
		if err != nil {
			return nil, err
		}
		options = append(options, roomtokens.WithInitialToken(&pair))
		apiKey = w.apiKey
	}
	key, err := apiKey(ctx)
	if err != nil {
		return nil, err
	}
	client, err := w.client(key, w.server)
	if err != nil {
		return nil, err
	}
	return client.TokenSource(roomID, w.params, options...)
}

// report reports failures after the first token. A failure to get that ends the command, with its error.
func (w *watch) report(e roomtokens.FetchEvent) {
	if e.Err == nil || !w.started.Load() || w.quiet {
		return
	}
	next := "creating a token instead"
	if e.Wait > 0 {
		next = fmt.Sprintf("next try in %v", e.Wait.Round(time.Millisecond))
	}
	w.note("roomtokens: %s; %s", plain(e.Err), next)
}

// follow writes each token of source until ctx ends.
func (w *watch) follow(ctx context.Context, source *roomtokens.TokenSource) error {
	for token, err := range source.Tokens(ctx) {
		if err != nil && w.started.Load() && !isFinal(err) {
			continue // which report has said
		}
		if err == nil {
			err = w.write(w.format, tokenResult(token))
		}
		if err != nil {
			return err
		}
		w.started.Store(true)
	}
	return nil
}

// isFinal reports a refusal that retries do not change.
func isFinal(err error) bool {
	return errors.Is(err, roomtokens.ErrUnauthorized) || errors.Is(err, roomtokens.ErrForbidden) ||
		errors.Is(err, roomtokens.ErrNotFound) || errors.Is(err, roomtokens.ErrInvalidRequest)
}
