package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

const roomIDVariable = "TELNYX_ROOM_ID"

func demoCommand() command {
	return command{
		name:    "demo",
		summary: "create and refresh a token step by step, without an account",
		about: `Creates and refreshes a token, and makes a call that is refused, step by step. Tokens are shown shortened.

Without an API key it talks to a fake of Telnyx in its own memory. With TELNYX_API_KEY (or TELNYX_API_KEY_FILE) and
TELNYX_ROOM_ID it does the same against Telnyx, or the server that -base-url or TELNYX_BASE_URL names.`,
		example: "roomtokens demo",
		setup: func(flags *flag.FlagSet) action {
			var connection connectionFlags
			connection.define(flags)
			return func(ctx context.Context, p *program, _ string) error {
				d, err := newDemo(p, connection)
				if err != nil {
					return err
				}
				return d.run(ctx)
			}
		},
	}
}

// demo is a client, and the room that it asks for tokens for.
type demo struct {
	*program
	client *roomtokens.Client
	roomID uuid.UUID
	server string
}

func newDemo(p *program, connection connectionFlags) (*demo, error) {
	apiKey, err := p.apiKey()
	if err != nil {
		return nil, err
	}
	if apiKey == "" {
		const server = keyVariable + " is not set: this runs against a fake of Telnyx in this program's memory.\nNothing leaves the machine."
		return &demo{program: p, client: roomtokenstest.NewServer().Client(), roomID: uuid.New(), server: server}, nil
	}
	room := p.env(roomIDVariable)
	if room == "" {
		return nil, wrongUse("there is an API key but no room: set %s to a room's id, or unset %s to use the fake",
			roomIDVariable, keyVariable)
	}
	roomID, err := parseRoomID(room)
	if err != nil {
		return nil, err
	}
	client, err := p.client(apiKey, connection)
	if err != nil {
		return nil, err
	}
	server := p.baseURL(connection)
	if server == "" {
		server = api.ServerURL
	}
	return &demo{program: p, client: client, roomID: roomID, server: "This runs against " + server + "."}, nil
}

func (d *demo) run(ctx context.Context) error {
	d.say("%s\n", d.server)
	d.say("1. Create a client token for room %s", d.roomID)
	created, err := d.client.CreateRoomClientToken(ctx, d.roomID, api.CreateRoomClientTokenRequest{
		TokenTTLSecs: api.CreateRoomClientTokenRequestTokenTTLSecsDefault, RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault,
	})
	if err != nil {
		return err
	}
	d.say("   client token   %s  %s", shorten(created.Token), end(created.TokenExpiresAt))
	d.say("   refresh token  %s  %s\n", shorten(created.RefreshToken), end(created.RefreshTokenExpiresAt))

	const ttl = 120
	d.say("2. Trade the refresh token for a client token of %s, without the API key", span(ttl))
	refreshed, err := d.client.RefreshRoomClientToken(ctx, d.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: created.RefreshToken, TokenTTLSecs: ttl,
	})
	if err != nil {
		return err
	}
	d.say("   client token   %s  %s\n", shorten(refreshed.Token), end(refreshed.TokenExpiresAt))
	return d.refusal(ctx, refreshed.Token)
}

// refusal makes a mistake that is easy to make.
func (d *demo) refusal(ctx context.Context, clientToken secret.String) error {
	d.say("3. Get refused: give the client token where the refresh token is due")
	_, err := d.client.RefreshRoomClientToken(ctx, d.roomID, api.RefreshRoomClientTokenRequest{RefreshToken: clientToken})
	refused, ok := errors.AsType[*roomtokens.Error](err)
	if err != nil && (!ok || refused.StatusCode == 0) {
		return err
	}
	if err == nil {
		d.say("   The server took it: no refusal to show.")
		return nil
	}
	d.say("   %v", refused)
	d.say("   %s", strings.ReplaceAll(advice(refused), "\n", "\n   "))
	return nil
}

func (d *demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.stdout, format+"\n", args...)
}

// shorten shows which token it is, of a length that makes it useless: every JWT begins alike.
func shorten(token secret.String) string {
	const head, tail, shortest = 6, 6, 60
	if len(token) < shortest {
		return "…"
	}
	return printable(string(token[:head])) + "…" + printable(string(token[len(token)-tail:]))
}
