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

// roomID returns the room of the argument or else of the environment. Its errors do not quote what is not a UUID: by
// mistake, it could be a secret.
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
		return uuid.Nil, usagef("the room's id is not a UUID such as 7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4")
	}
	return id, nil
}

// tokenTTLFlag defines --token-ttl. Without it the lifetime is zero, for the server's default.
func tokenTTLFlag(cmd *cobra.Command, secs *int) {
	ttlFlag(cmd, secs, "token-ttl", "client token", bounds{
		min:          api.CreateRoomClientTokenRequestTokenTTLSecsMin,
		max:          api.CreateRoomClientTokenRequestTokenTTLSecsMax,
		defaultValue: api.CreateRoomClientTokenRequestTokenTTLSecsDefault,
	})
}

// refreshTokenTTLFlag defines --refresh-token-ttl.
func refreshTokenTTLFlag(cmd *cobra.Command, secs *int) {
	ttlFlag(cmd, secs, "refresh-token-ttl", "refresh token", bounds{
		min:          api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin,
		max:          api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax,
		defaultValue: api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault,
	})
}

// bounds are in seconds.
type bounds struct{ min, max, defaultValue int }

func (b bounds) String() string { return span(b.min) + " to " + span(b.max) }

func ttlFlag(cmd *cobra.Command, secs *int, name, token string, b bounds) {
	usage := fmt.Sprintf("`lifetime` of the %s, %v; the server's default is %s", token, b, span(b.defaultValue))
	cmd.Flags().Func(name, usage, func(value string) error {
		ttl, err := time.ParseDuration(value)
		switch {
		case err != nil:
			return errors.New("must be a duration such as 90s, 10m or 1h")
		case ttl%time.Second != 0:
			return errors.New("must be whole seconds")
		case ttl < time.Duration(b.min)*time.Second || ttl > time.Duration(b.max)*time.Second:
			return fmt.Errorf("must be %v", b)
		}
		*secs = int(ttl / time.Second)
		return nil
	})
}

// span writes seconds in their largest whole unit: 10s, 1m, 24h.
func span(secs int) string {
	switch {
	case secs%3600 == 0:
		return fmt.Sprintf("%dh", secs/3600)
	case secs%60 == 0:
		return fmt.Sprintf("%dm", secs/60)
	}
	return fmt.Sprintf("%ds", secs)
}
