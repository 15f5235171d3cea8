package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func newRefreshCommand(p *program) *cobra.Command {
	r := &refresh{program: p}
	cmd := &cobra.Command{
		Use:   "refresh [ROOM_ID]",
		Short: "Exchange a refresh token for a new client token",
		Long: `Exchanges a refresh token for a new client token, without an API key. The refresh token stays valid until it
expires.

The refresh token is read from standard input or from a file, never from an argument: on its own, or in the JSON or the
variables that roomtokens create writes. What is typed at a terminal is not shown.`,
		Example: `  roomtokens create $ROOM_ID > pair.json
  roomtokens refresh $ROOM_ID < pair.json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	cmd.Flags().StringVar(&r.file, "refresh-token-file", "",
		"`file` that holds the refresh token, in place of standard input")
	tokenTTLFlag(cmd, &r.params.TokenTTLSecs)
	r.format.define(cmd, "text on a terminal, json elsewhere")
	r.server.define(cmd)
	return cmd
}

// refresh is the command with its flags.
type refresh struct {
	*program
	server serverFlags
	format format
	file   string
	params api.RefreshRoomClientTokenRequest
}

func (r *refresh) run(ctx context.Context, args []string) error {
	roomID, err := r.roomID(args)
	if err != nil {
		return err
	}
	client, err := r.client("", r.server)
	if err != nil {
		return err
	}
	params := r.params
	if params.RefreshToken, err = r.refreshToken(ctx, r.file); err != nil {
		return err
	}
	ctx, cancel := r.server.context(ctx)
	defer cancel()
	token, err := client.RefreshRoomClientToken(ctx, roomID, params)
	if err != nil {
		return err
	}
	clientToken := &roomtokens.ClientToken{Token: token.Token, TokenExpiresAt: token.TokenExpiresAt}
	return r.write(r.format, tokenResult(clientToken))
}
