package main

import (
	"context"
	"flag"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func refreshCommand() command {
	return command{
		name: "refresh", operand: "ROOM_ID",
		summary: "trade a refresh token for a new client token",
		about: `Trades a refresh token for a new client token. The refresh token stays good until it ends; no API key is needed.

The refresh token is read from standard input or from a file, and never from an argument. It may stand there alone, or in
the JSON that roomtokens create writes.`,
		example: "roomtokens create $ROOM > pair.json\nroomtokens refresh $ROOM < pair.json",
		setup: func(flags *flag.FlagSet) action {
			r := &refresh{}
			r.connection.define(flags)
			r.format.define(flags, "text on a terminal, json elsewhere")
			flags.StringVar(&r.file, "refresh-token-file", "", "`FILE` that holds the refresh token, in place of standard input")
			tokenTTLVar(flags, &r.params.TokenTTLSecs)
			return r.run
		},
	}
}

// refresh is the command's flags.
type refresh struct {
	connection connectionFlags
	format     format
	file       string
	params     api.RefreshRoomClientTokenRequest
}

func (r *refresh) run(ctx context.Context, p *program, room string) error {
	roomID, err := parseRoomID(room)
	if err != nil {
		return err
	}
	client, err := p.client("", r.connection)
	if err != nil {
		return err
	}
	params := r.params
	if params.RefreshToken, err = p.refreshToken(ctx, r.file); err != nil {
		return err
	}
	token, err := client.RefreshRoomClientToken(ctx, roomID, params)
	if err != nil {
		return err
	}
	return p.write(r.format, tokenResult(&roomtokens.ClientToken{Token: token.Token, TokenExpiresAt: token.TokenExpiresAt}))
}
