package roomtokens

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
)

// version is this package's, as User-Agent states it.
const version = "0.1.0-dev"

const (
	defaultMaxRetries     = 2
	defaultAttemptTimeout = 15 * time.Second
)

// Option configures a [Client]. An option that is out of bounds fails [New] with an error that matches
// [ErrInvalidRequest].
type Option func(*config) error

type config struct {
	baseURL   string
	key       func(context.Context) (string, error)
	http      *http.Client
	userAgent string
	editors   []api.RequestEditorFn
	logger    *slog.Logger

	maxRetries     int
	attemptTimeout time.Duration
}

func newConfig(apiKey string, opts []Option) (*config, error) {
	cfg := &config{
		baseURL:   api.ServerURL,
		key:       func(context.Context) (string, error) { return apiKey, nil },
		userAgent: "roomtokens-go/" + version,

		maxRetries:     defaultMaxRetries,
		attemptTimeout: defaultAttemptTimeout,
	}
	if apiKey != "" {
		if err := checkAPIKey(apiKey); err != nil {
			return nil, err
		}
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, invalid("option is nil")
		}
		if err := opt(cfg); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// WithBaseURL sends requests to another server than the spec's, https://api.telnyx.com/v2. The URL must be absolute and
// https, without user information, query or fragment; plain http is allowed to a loopback address, for tests.
func WithBaseURL(url string) Option {
	return func(cfg *config) error {
		if err := checkBaseURL(url); err != nil {
			return err
		}
		cfg.baseURL = url
		return nil
	}
}

// WithHTTPClient sends requests through c's transport, cookie jar and timeout (which then bounds one attempt) in place of
// the package's own transport. c itself is not modified: its redirect policy is not used, and answers are bounded as always.
func WithHTTPClient(c *http.Client) Option {
	return func(cfg *config) error {
		if c == nil {
			return invalid("HTTP client is nil")
		}
		cfg.http = c
		return nil
	}
}

// WithAPIKeyFunc asks key for the API key at each attempt of a call that needs one, in place of the key given to [New], so
// that a rotated key is used without a restart. key gets the call's context and must be safe for concurrent use.
func WithAPIKeyFunc(key func(context.Context) (string, error)) Option {
	return func(cfg *config) error {
		if key == nil {
			return invalid("API key function is nil")
		}
		cfg.key = key
		return nil
	}
}

// WithUserAgent puts a product, such as "gateway/1.4", before the package's own in the User-Agent header (RFC 9110).
func WithUserAgent(product string) Option {
	return func(cfg *config) error {
		if product == "" || strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return invalid("user agent is empty or not printable ASCII")
		}
		cfg.userAgent = product + " " + cfg.userAgent
		return nil
	}
}

// WithRequestEditor runs fn on every request of both operations, in the order given, before the API key is added.
func WithRequestEditor(fn api.RequestEditorFn) Option {
	return func(cfg *config) error {
		if fn == nil {
			return invalid("request editor is nil")
		}
		cfg.editors = append(cfg.editors, fn)
		return nil
	}
}

// WithMaxRetries sets how many times a failed attempt is repeated: 2 by default, 0 for never.
func WithMaxRetries(n int) Option {
	return func(cfg *config) error {
		if n < 0 {
			return invalid("maximum of retries is %d, must not be negative", n)
		}
		cfg.maxRetries = n
		return nil
	}
}

// WithAttemptTimeout bounds one attempt, from dialling to the answer's last byte: 15 s by default. The call's context
// bounds all attempts and the waits between them.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalid("attempt timeout is %v, must be positive", d)
		}
		cfg.attemptTimeout = d
		return nil
	}
}

// WithLogger writes one record per attempt at debug level and one per retry at warn level to l: operation, attempt,
// status, request id, duration and wait, and nothing else that a request or an answer holds.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return invalid("logger is nil")
		}
		cfg.logger = l
		return nil
	}
}

// checkBaseURL quotes nothing of the URL, since what makes one invalid may be a password in it.
func checkBaseURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return invalid("base URL cannot be parsed")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return invalid("base URL is not an absolute https URL")
	case u.User != nil:
		return invalid("base URL has user information")
	case strings.ContainsAny(raw, "?#"):
		return invalid("base URL has a query or a fragment")
	case u.Port() != "" && !isPort(u.Port()):
		return invalid("base URL has a port that does not exist")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return invalid("base URL is plain http, which is allowed to a loopback address only")
	}
	return nil
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
