package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const keyAndRoomHelp = `The API key is read from TELNYX_API_KEY, or from the file that TELNYX_API_KEY_FILE names; the
room from ROOM_ID or TELNYX_ROOM_ID.`

func newCreateCommand(p *program) *cobra.Command {
	c := &create{call: call{program: p}}
	cmd := &cobra.Command{
		Use:   "create [ROOM_ID]",
		Short: "Create a client token for a room, and a refresh token",
		Long: `Creates a client token, with which a participant joins the room, and a refresh token, which is exchanged for
further client tokens. Both are written to standard output in full.

` + keyAndRoomHelp,
		Example: `  roomtokens create 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 --token-ttl 10m --refresh-token-ttl 1h
  TELNYX_ROOM_ID=7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 roomtokens create -o env`,
		Args: cobra.MaximumNArgs(1),
		RunE: c.run,
	}
	pairLifetimeFlags(cmd, &c.params)
	c.define(cmd, textOrJSON)
	return cmd
}

// create is the command with its flags.
type create struct {
	call
	params api.CreateRoomClientTokenRequest
}

func (c *create) run(cmd *cobra.Command, args []string) error {
	roomID, err := c.roomID(args)
	if err != nil {
		return err
	}
	key, err := c.requiredKey()
	if err != nil {
		return err
	}
	client, err := c.client(key.option())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), c.timeout)
	defer cancel()
	token, err := client.CreateRoomClientToken(ctx, roomID, c.params)
	if err != nil {
		return err
	}
	return c.write(c.format, tokenResult(token))
}

const refreshTokenFileFlag = "refresh-token-file"

func newRefreshCommand(p *program) *cobra.Command {
	r := &refresh{call: call{program: p}}
	cmd := &cobra.Command{
		Use:   "refresh [ROOM_ID]",
		Short: "Exchange a refresh token for a new client token",
		Long: `Exchanges a refresh token for a new client token, without an API key. The refresh token stays valid until it
expires.

The refresh token is read from standard input or from a file, never from an argument: on its own, in the JSON that
roomtokens create writes, or in that of the API.`,
		Example: `  (umask 077; roomtokens create $ROOM_ID > pair.json)
  roomtokens refresh $ROOM_ID < pair.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: r.run,
	}
	fileFlag(cmd, &r.file, refreshTokenFileFlag, stdinName, "file that holds the refresh token")
	lifetimeFlag(cmd, &r.params.TokenTTLSecs, "token-ttl",
		api.RefreshRoomClientTokenRequestTokenTTLSecsMin,
		api.RefreshRoomClientTokenRequestTokenTTLSecsMax,
		api.RefreshRoomClientTokenRequestTokenTTLSecsDefault)
	r.define(cmd, textOrJSON)
	return cmd
}

// refresh is the command with its flags.
type refresh struct {
	call
	file   string
	params api.RefreshRoomClientTokenRequest
}

func (r *refresh) run(cmd *cobra.Command, args []string) error {
	roomID, err := r.roomID(args)
	if err != nil {
		return err
	}
	client, err := r.client(roomtokens.WithoutAPIKey())
	if err != nil {
		return err
	}
	pair, err := r.pair(refreshTokenFileFlag, r.file)
	if err != nil {
		return err
	}
	r.params.RefreshToken = pair.RefreshToken
	ctx, cancel := context.WithTimeout(cmd.Context(), r.timeout)
	defer cancel()
	token, err := client.RefreshRoomClientToken(ctx, roomID, r.params)
	if err != nil {
		return err
	}
	clientToken := &roomtokens.ClientToken{Token: token.Token, TokenExpiresAt: token.TokenExpiresAt}
	return r.write(r.format, tokenResult(clientToken))
}
