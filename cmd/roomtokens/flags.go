package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/api"
)

const roomIDVariable = "TELNYX_ROOM_ID"

// roomID returns the room of the argument or else of the environment.
func (p *program) roomID(args []string) (uuid.UUID, error) {
	text := p.env(roomIDVariable)
	if len(args) > 0 {
		text = args[0]
	} else if text == "" {
		return uuid.Nil, usagef("there is no room: give its id as ROOM_ID, or set %s", roomIDVariable)
	}
	return parseRoomID(text)
}

func parseRoomID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, usagef("a room's id must be a UUID such as 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4")
	}
	return id, nil
}

// tokenTTLFlag defines --token-ttl.
func tokenTTLFlag(cmd *cobra.Command, secs *int) {
	usage := fmt.Sprintf("lifetime of the client token, %ds to %ds; the server's default is %ds",
		api.CreateRoomClientTokenRequestTokenTTLSecsMin,
		api.CreateRoomClientTokenRequestTokenTTLSecsMax,
		api.CreateRoomClientTokenRequestTokenTTLSecsDefault)
	cmd.Flags().Func("token-ttl", usage, (*lifetime)(secs).set)
}

// refreshTokenTTLFlag defines --refresh-token-ttl.
func refreshTokenTTLFlag(cmd *cobra.Command, secs *int) {
	usage := fmt.Sprintf("lifetime of the refresh token, %ds to %ds; the server's default is %ds",
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin,
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax,
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault)
	cmd.Flags().Func("refresh-token-ttl", usage, (*lifetime)(secs).set)
}

// lifetime is a field in seconds. Zero is not sent, and leaves the lifetime to the server.
type lifetime int

// set leaves the bounds to the client.
func (l *lifetime) set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d == 0 || d%time.Second != 0 {
		return errors.New("must be whole seconds, such as 90s, 10m or 1h")
	}
	*l = lifetime(d / time.Second)
	return nil
}

// fileFlag defines a flag for the name of a file.
func fileFlag(cmd *cobra.Command, file *string, name, byDefault, usage string) {
	cmd.Flags().StringVar(file, name, byDefault, usage)
	completeFlag(cmd, name, cobra.ShellCompDirectiveDefault) // which offers files
}

// completeFlag sets what completion offers for a flag.
func completeFlag(cmd *cobra.Command, name string, directive cobra.ShellCompDirective, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, directive)) // fails for unknown flags only
}
