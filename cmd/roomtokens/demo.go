package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

func newDemoCommand(p *program) *cobra.Command {
	d := &demo{program: p}
	cmd := &cobra.Command{
		Use:   "demo [ROOM_ID]",
		Short: "Create and refresh a token step by step, without an account",
		Long: `Creates and refreshes a token, and makes a call that is refused, step by step. Tokens are shown shortened.

It calls a fake of Telnyx in its own memory, whatever the environment holds. With --live it calls Telnyx, or the server
that --base-url or TELNYX_BASE_URL names, with the API key in TELNYX_API_KEY or TELNYX_API_KEY_FILE, for the room
ROOM_ID or TELNYX_ROOM_ID.`,
		Example:           "  roomtokens demo",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args) },
	}
	cmd.Flags().BoolVar(&d.live, "live", false, "call Telnyx in place of the fake")
	d.server.define(cmd)
	return cmd
}

// demo is the command with its flags.
type demo struct {
	*program
	live   bool
	server serverFlags
}

func (d *demo) run(ctx context.Context, args []string) error {
	client, roomID, err := d.connect(args)
	if err != nil {
		return err
	}
	ctx, cancel := d.server.context(ctx)
	defer cancel()
	return steps{d.program, client, roomID}.run(ctx)
}

// connect prints which server the demo calls, and returns a client for it and the room.
func (d *demo) connect(args []string) (*roomtokens.Client, uuid.UUID, error) {
	if d.live {
		client, roomID, err := d.keyedClient(args, d.server)
		if err == nil {
			err = d.print("This calls " + cmp.Or(d.baseURL(d.server), api.ServerURL) + ".\n\n")
		}
		return client, roomID, err
	}
	if d.server.baseURL != "" {
		return nil, uuid.Nil, usagef("flag --base-url needs --live")
	}
	roomID := uuid.New()
	if len(args) > 0 {
		var err error
		if roomID, err = parseRoomID(args[0]); err != nil {
			return nil, uuid.Nil, err
		}
	}
	const fake = "This calls a fake of Telnyx in this program's memory: nothing leaves the machine.\n" +
		"To call Telnyx, add --live.\n\n"
	return roomtokenstest.NewServer().Client(), roomID, d.print(fake)
}

// steps are what the demo shows.
type steps struct {
	*program
	client *roomtokens.Client
	roomID uuid.UUID
}

func (s steps) run(ctx context.Context) error {
	s.say("1. Create a client token for room %s", s.roomID)
	created, err := s.client.CreateRoomClientToken(ctx, s.roomID, api.CreateRoomClientTokenRequest{
		TokenTTLSecs:        api.CreateRoomClientTokenRequestTokenTTLSecsDefault,
		RefreshTokenTTLSecs: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault,
	})
	if err != nil {
		return err
	}
	s.say("   client token   %s  %s", shorten(created.Token), end(created.TokenExpiresAt))
	s.say("   refresh token  %s  %s\n", shorten(created.RefreshToken), end(created.RefreshTokenExpiresAt))

	const ttl = 120
	s.say("2. Exchange the refresh token for a client token of %s, without the API key", span(ttl))
	refreshed, err := s.client.RefreshRoomClientToken(ctx, s.roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: created.RefreshToken, TokenTTLSecs: ttl,
	})
	if err != nil {
		return err
	}
	s.say("   client token   %s  %s\n", shorten(refreshed.Token), end(refreshed.TokenExpiresAt))
	return s.refusal(ctx, refreshed.Token)
}

// refusal shows what the API says to a common mistake.
func (s steps) refusal(ctx context.Context, clientToken secret.String) error {
	s.say("3. Get refused: give the client token where the refresh token belongs")
	_, err := s.client.RefreshRoomClientToken(ctx, s.roomID, api.RefreshRoomClientTokenRequest{RefreshToken: clientToken})
	if err == nil {
		s.say("   The server took it: no refusal to show.")
		return nil
	}
	if refused, ok := errors.AsType[*roomtokens.Error](err); !ok || refused.StatusCode == 0 {
		return err
	}
	s.say("   %v", err)
	s.say("   %s", strings.ReplaceAll(advice(err), "\n", "\n   "))
	return nil
}

func (s steps) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.stdout, format+"\n", args...)
}

// shorten shows enough of a token to tell it from others, and too little to use it.
func shorten(token secret.String) string {
	const head, tail, shortest = 6, 6, 60
	if len(token) < shortest {
		return "…"
	}
	return printable(string(token[:head])) + "…" + printable(string(token[len(token)-tail:]))
}
