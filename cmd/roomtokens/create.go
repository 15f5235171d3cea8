package main

import (
	"context"
	"flag"

	"github.com/roomtokens/roomtokens-go/api"
)

func createCommand() command {
	return command{
		name: "create", operand: "ROOM_ID",
		summary: "create a client token for a room, and a refresh token",
		about: `Creates a client token for the room, with which a participant joins it, and a refresh token, which buys further
client tokens. Both are written to standard output in full: that is what they are wanted for.

The API key is read from TELNYX_API_KEY, or from the file that TELNYX_API_KEY_FILE names.`,
		example: "roomtokens create 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4 -token-ttl 10m -refresh-token-ttl 1h",
		setup: func(flags *flag.FlagSet) action {
			c := &create{}
			c.connection.define(flags)
			c.format.define(flags, "text on a terminal, json elsewhere")
			tokenTTLVar(flags, &c.params.TokenTTLSecs)
			refreshTokenTTLVar(flags, &c.params.RefreshTokenTTLSecs)
			return c.run
		},
	}
}

// create is the command's flags.
type create struct {
	connection connectionFlags
	format     format
	params     api.CreateRoomClientTokenRequest
}

func (c *create) run(ctx context.Context, p *program, room string) error {
	client, roomID, err := p.keyedClient(room, c.connection)
	if err != nil {
		return err
	}
	token, err := client.CreateRoomClientToken(ctx, roomID, c.params)
	if err != nil {
		return err
	}
	return p.write(c.format, tokenResult(token))
}
