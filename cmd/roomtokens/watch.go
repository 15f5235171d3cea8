package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const pairFlag = "pair"

func newWatchCommand(p *program) *cobra.Command {
	w := &watch{call: call{program: p, format: formatJSON}}
	cmd := &cobra.Command{
		Use:   "watch [ROOM_ID]",
		Short: "Keep a client token fresh, and write each new one, until interrupted",
		Long: `Keeps a client token for the room fresh: writes the first one, and each next one before the last one expires,
until interrupted with Ctrl-C, which exits with 0. Where nobody reads its output any more, it ends with the next
token.

A token is replaced in the last minute of a life of ten, or in the last 20 s of a life of one; the first one at a
random time from a third of its life on, so that many that began together do not meet again.

With --pair it starts from the JSON of roomtokens create, and needs no API key: it refreshes until the refresh token
expires. With a key, it creates a new pair then.

A failure to get the first token ends the command. Later ones are retried, and reported once the last token has
expired; then 400, 401, 403, 404 and 422 end the command. A 401 does not if TELNYX_API_KEY_FILE is set: the file
is read again for each create, so that a new key in it is used.

` + keyAndRoomHelp,
		Example: `  roomtokens watch $ROOM_ID --token-ttl 1m | while read -r line; do echo "$line" | jq -r .token; done
  roomtokens watch $ROOM_ID --pair pair.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: w.run,
	}
	fileFlag(cmd, &w.pairFile, pairFlag, "", "file with the JSON of roomtokens create to start from")
	pairLifetimeFlags(cmd, &w.params)
	w.define(cmd, "json, one line per token")
	return cmd
}

// watch is the command with its flags.
type watch struct {
	call
	pairFile string
	key      keySource
	params   api.CreateRoomClientTokenRequest
}

func (w *watch) run(cmd *cobra.Command, args []string) error {
	source, err := w.source(args)
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupted(cmd.Context())
	defer stop()
	return w.follow(ctx, source)
}

func (w *watch) source(args []string) (*roomtokens.TokenSource, error) {
	roomID, err := w.roomID(args)
	if err != nil {
		return nil, err
	}
	options := []roomtokens.SourceOption{roomtokens.WithFetchTimeout(w.timeout)}
	findKey := w.requiredKey
	if w.pairFile != "" {
		pair, err := w.pair(pairFlag, w.pairFile)
		if err != nil {
			return nil, err
		}
		if pair.Token == "" || pair.TokenExpiresAt.IsZero() {
			return nil, usagef("--%s needs the JSON of roomtokens create: this has no client token, or no expiry of it",
				pairFlag)
		}
		options = append(options, roomtokens.WithInitialToken(&pair))
		findKey = w.keySource
	}
	w.key, err = findKey()
	if err != nil {
		return nil, err
	}
	client, err := w.client(w.key.option())
	if err != nil {
		return nil, err
	}
	return client.TokenSource(roomID, w.params, options...)
}

// follow writes each token of source until ctx ends. It goes on after a failure, but for the first and a final one.
func (w *watch) follow(ctx context.Context, source *roomtokens.TokenSource) error {
	started := false
	for token, err := range source.Tokens(ctx) {
		if err != nil && started && !w.isFinal(err) {
			w.logger().Warn("there is no valid token", "error", plain(err))
			continue
		}
		if err == nil {
			err = w.write(w.format, tokenResult(token))
		}
		if err != nil {
			return err
		}
		started = true
	}
	return nil
}

// isFinal reports a refusal that retries do not change. After a 401, the file with the key may hold another one.
func (w *watch) isFinal(err error) bool {
	return errors.Is(err, roomtokens.ErrUnauthorized) && w.key.file == "" || errors.Is(err, roomtokens.ErrForbidden) ||
		errors.Is(err, roomtokens.ErrNotFound) || errors.Is(err, roomtokens.ErrInvalidRequest)
}
