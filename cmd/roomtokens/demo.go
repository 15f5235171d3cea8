package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

func newDemoCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Create and refresh a token step by step, without an account",
		Long: `Creates and refreshes a token, and makes a call that is refused, step by step. Tokens are shown shortened.

It calls a fake of Telnyx in its own memory, whatever the environment holds.`,
		Example: "  roomtokens demo",
		Args:    cobra.NoArgs,
		RunE:    demo{p.stdout}.run,
	}
}

// demo shows the steps on standard output.
type demo struct{ stdout io.Writer }

func (d demo) run(cmd *cobra.Command, _ []string) error {
	ctx, client, roomID := cmd.Context(), roomtokenstest.NewServer().Client(), uuid.New()
	d.say("This calls a fake of Telnyx in this program's memory: nothing leaves the machine.\n")
	d.say("1. Create a client token for room %s", roomID)
	created, err := client.CreateRoomClientToken(ctx, roomID, api.CreateRoomClientTokenRequest{})
	if err != nil {
		return err
	}
	d.say("   client token   %s  %s", shorten(created.Token), end(created.TokenExpiresAt))
	d.say("   refresh token  %s  %s\n", shorten(created.RefreshToken), end(created.RefreshTokenExpiresAt))

	d.say("2. Exchange the refresh token for a client token of 2m, without the API key")
	refreshed, err := client.RefreshRoomClientToken(ctx, roomID, api.RefreshRoomClientTokenRequest{
		RefreshToken: created.RefreshToken, TokenTTLSecs: 120,
	})
	if err != nil {
		return err
	}
	d.say("   client token   %s  %s\n", shorten(refreshed.Token), end(refreshed.TokenExpiresAt))

	d.say("3. Get refused: give the client token where the refresh token belongs")
	_, err = client.RefreshRoomClientToken(ctx, roomID, api.RefreshRoomClientTokenRequest{RefreshToken: created.Token})
	d.say("   %v", err)
	d.say("   %s", strings.ReplaceAll(advice(err, exitRefused), "\n", "\n   "))
	return nil
}

func (d demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.stdout, format+"\n", args...)
}

// shorten shows enough of a token to tell it from others, and too little to use it.
func shorten(token secret.String) string {
	return string(token[:6]) + "…" + string(token[len(token)-6:])
}
