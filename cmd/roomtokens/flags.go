package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go/api"
)

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

// pairLifetimeFlags defines the flags for the lifetimes of a pair.
func pairLifetimeFlags(cmd *cobra.Command, params *api.CreateRoomClientTokenRequest) {
	lifetimeFlag(cmd, &params.TokenTTLSecs, "token-ttl",
		api.CreateRoomClientTokenRequestTokenTTLSecsMin,
		api.CreateRoomClientTokenRequestTokenTTLSecsMax,
		api.CreateRoomClientTokenRequestTokenTTLSecsDefault)
	lifetimeFlag(cmd, &params.RefreshTokenTTLSecs, "refresh-token-ttl",
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin,
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax,
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault)
}

// lifetimeFlag defines a flag for a lifetime. The client checks its bounds.
func lifetimeFlag(cmd *cobra.Command, secs *int, name string, least, most, byDefault int) {
	usage := fmt.Sprintf("lifetime, %ds to %ds; the server's default is %ds", least, most, byDefault)
	cmd.Flags().Func(name, usage, (*lifetime)(secs).set)
}

// lifetime is a field in seconds. Zero is not sent, and leaves the lifetime to the server.
type lifetime int

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
