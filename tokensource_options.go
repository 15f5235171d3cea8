package roomtokens

import "time"

const defaultFetchTimeout = time.Minute

// SourceOption configures a [TokenSource].
type SourceOption func(*sourceConfig) error

type sourceConfig struct {
	timeout time.Duration
	observe func(FetchEvent)
	initial cachedToken
}

func newSourceConfig(opts []SourceOption) (*sourceConfig, error) {
	cfg := &sourceConfig{timeout: defaultFetchTimeout}
	for _, opt := range opts {
		if opt == nil {
			return nil, invalidOption("option is nil")
		}
		if err := opt(cfg); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// WithFetchTimeout bounds one fetch of a token, with its retries: 1 min by default. A refresh gets at most half of it,
// so that a create can follow. It is independent of the contexts of the callers who wait for the fetch.
func WithFetchTimeout(d time.Duration) SourceOption {
	return func(cfg *sourceConfig) error {
		if d <= 0 {
			return invalidOption("fetch timeout is %v, must be positive", d)
		}
		cfg.timeout = d
		return nil
	}
}

// WithFetchObserver calls observe after each create and refresh of a [TokenSource], for metrics and alarms: no caller
// sees an error of a fetch in the background, though the log of [WithLogger] does. It is called in a goroutine of the
// source's, one event at a time, in their order, after the callers who wait have got the token. While it runs, fetches
// and callers go on; up to 64 events wait for it, and those after them are dropped. It must not panic: that would end
// the process.
func WithFetchObserver(observe func(FetchEvent)) SourceOption {
	return func(cfg *sourceConfig) error {
		if observe == nil {
			return invalidOption("fetch observer is nil")
		}
		cfg.observe = observe
		return nil
	}
}

// WithInitialToken makes a [TokenSource] start with a token that is there already: a pair that was stored before a
// restart, or that somebody with an API key has handed out. While it is fresh, nothing is sent; if it has expired and
// its refresh token has not, it is refreshed.
//
// Its expiries are compared with this computer's wall clock, since it came without a Date of the server's. If that
// clock is wrong, the source is wrong about the token until the first refresh, and about the refresh token until the
// first create.
//
// The token is copied. [Client.TokenSource] refuses one that is nil or empty, or that has no expiry, and a refresh
// token without an expiry.
func WithInitialToken(token *ClientToken) SourceOption {
	return func(cfg *sourceConfig) error {
		switch {
		case token == nil || token.Token == "":
			return invalidOption("initial token is nil or empty")
		case token.TokenExpiresAt.IsZero():
			return invalidOption("initial token has no expiry")
		case token.RefreshToken != "" && token.RefreshTokenExpiresAt.IsZero():
			return invalidOption("initial refresh token has no expiry")
		}
		now := time.Now()
		cfg.initial = storedToken(*token, now)
		cfg.initial.spread(now)
		return nil
	}
}
