package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// connectionFlags say which server to talk to.
type connectionFlags struct{ baseURL string }

func (f *connectionFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.baseURL, "base-url", "",
		"`URL` of the server, such as one of roomtokens mock; TELNYX_BASE_URL or else Telnyx without it")
}

// tokenTTLVar defines -token-ttl. Left out, the lifetime is zero and the server's default holds.
func tokenTTLVar(flags *flag.FlagSet, secs *int) {
	ttlVar(flags, secs, "token-ttl", "client token",
		api.CreateRoomClientTokenRequestTokenTTLSecsMin, api.CreateRoomClientTokenRequestTokenTTLSecsMax, api.CreateRoomClientTokenRequestTokenTTLSecsDefault)
}

// refreshTokenTTLVar defines -refresh-token-ttl.
func refreshTokenTTLVar(flags *flag.FlagSet, secs *int) {
	ttlVar(flags, secs, "refresh-token-ttl", "refresh token",
		api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMin, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsMax, api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault)
}

func ttlVar(flags *flag.FlagSet, secs *int, name, token string, lowest, highest, byDefault int) {
	bounds := span(lowest) + " to " + span(highest)
	usage := fmt.Sprintf("`lifetime` of the %s, %s; the server's default is %s", token, bounds, span(byDefault))
	flags.Func(name, usage, func(value string) error {
		ttl, err := time.ParseDuration(value)
		switch {
		case err != nil:
			return errors.New("must be a duration such as 90s, 10m or 1h")
		case ttl%time.Second != 0:
			return errors.New("must be whole seconds")
		case ttl < time.Duration(lowest)*time.Second || ttl > time.Duration(highest)*time.Second:
			return errors.New("must be " + bounds)
		}
		*secs = int(ttl / time.Second)
		return nil
	})
}

// span writes so many seconds in their largest whole unit: 10s, 1m, 24h.
func span(secs int) string {
	switch {
	case secs%3600 == 0:
		return fmt.Sprintf("%dh", secs/3600)
	case secs%60 == 0:
		return fmt.Sprintf("%dm", secs/60)
	}
	return fmt.Sprintf("%ds", secs)
}
