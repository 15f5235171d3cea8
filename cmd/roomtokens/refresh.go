package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const refreshTokenFileFlag = "refresh-token-file"

func newRefreshCommand(p *program) *cobra.Command {
	r := &refresh{program: p}
	cmd := &cobra.Command{
		Use:   "refresh [ROOM_ID]",
		Short: "Exchange a refresh token for a new client token",
		Long: `Exchanges a refresh token for a new client token, without an API key. The refresh token stays valid until it
expires.

The refresh token is read from standard input or from a file, never from an argument: ` + pairForms + `.`,
		Example: `  roomtokens create $ROOM_ID > pair.json
  roomtokens refresh $ROOM_ID < pair.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	fileFlag(cmd, &r.file, refreshTokenFileFlag, stdinName, "file that holds the refresh token")
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
	pair, err := r.pair(ctx, refreshTokenFileFlag, r.file)
	if err != nil {
		return err
	}
	params := r.params
	params.RefreshToken = pair.RefreshToken
	ctx, cancel := context.WithTimeout(ctx, r.server.timeout)
	defer cancel()
	token, err := client.RefreshRoomClientToken(ctx, roomID, params)
	if err != nil {
		return err
	}
	clientToken := &roomtokens.ClientToken{Token: token.Token, TokenExpiresAt: token.TokenExpiresAt}
	return r.write(r.format, tokenResult(clientToken))
}
