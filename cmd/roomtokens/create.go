package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/api"
)

const keyAndRoomHelp = `The API key is read from TELNYX_API_KEY, or from the file that TELNYX_API_KEY_FILE names; the
room from ROOM_ID or TELNYX_ROOM_ID.`

func newCreateCommand(p *program) *cobra.Command {
	c := &create{program: p}
	cmd := &cobra.Command{
		Use:   "create [ROOM_ID]",
		Short: "Create a client token for a room, and a refresh token",
		Long: `Creates a client token, with which a participant joins the room, and a refresh token, which is exchanged for
further client tokens. Both are written to standard output in full.

` + keyAndRoomHelp,
		Example: `  roomtokens create 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 --token-ttl 10m --refresh-token-ttl 1h
  TELNYX_ROOM_ID=7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 roomtokens create -o env > pair.env`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	tokenTTLFlag(cmd, &c.params.TokenTTLSecs)
	refreshTokenTTLFlag(cmd, &c.params.RefreshTokenTTLSecs)
	c.format.define(cmd, "text on a terminal, json elsewhere")
	c.server.define(cmd)
	return cmd
}

// create is the command with its flags.
type create struct {
	*program
	server serverFlags
	format format
	params api.CreateRoomClientTokenRequest
}

func (c *create) run(ctx context.Context, args []string) error {
	roomID, err := c.roomID(args)
	if err != nil {
		return err
	}
	apiKey, err := c.requiredAPIKey(ctx)
	if err != nil {
		return err
	}
	client, err := c.client(apiKey, c.server)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.server.timeout)
	defer cancel()
	token, err := client.CreateRoomClientToken(ctx, roomID, c.params)
	if err != nil {
		return err
	}
	return c.write(c.format, tokenResult(token))
}
