package roomtokens

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// version is this package's, as User-Agent states it.
const version = "0.4.0"

const (
	defaultMaxRetries     = 3
	defaultAttemptTimeout = 15 * time.Second
)

// Option configures a [Client]. An option that is out of bounds fails [New] with an error that matches
// [ErrInvalidRequest].
type Option func(*config) error

type config struct {
	baseURL   string
	insecure  bool // the base URL may be plain http
	endpoints endpoints
	key       keyFunc
	keyless   bool // there is no key
	userAgent string
	editors   []api.RequestEditorFn
	logger    *slog.Logger
	exchange  exchange.Config
}

func newConfig(apiKey string, opts []Option) (*config, error) {
	cfg := &config{
		baseURL:   api.ServerURL,
		userAgent: "roomtokens-go/" + version,
		exchange:  exchange.Config{MaxRetries: defaultMaxRetries, AttemptTimeout: defaultAttemptTimeout},
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, invalidOption("option is nil")
		}
		if err := opt(cfg); err != nil {
			return nil, err
		}
	}
	var err error
	if cfg.endpoints, err = newEndpoints(cfg.baseURL, cfg.insecure); err != nil {
		return nil, err
	}
	needed := cfg.key == nil && !cfg.keyless
	if reason := unusableAPIKey(apiKey); reason != "" && (needed || apiKey != "") {
		return nil, invalidOption("%s", reason)
	}
	if needed {
		cfg.key = func(context.Context) (string, error) { return apiKey, nil }
	}
	return cfg, nil
}

// WithBaseURL sends requests to another server than the spec's, https://api.telnyx.com/v2. The URL must be absolute and
// https, without user information, query or fragment; plain http is allowed to a loopback address, for tests, and with
// [WithInsecureHTTP].
func WithBaseURL(url string) Option {
	return func(cfg *config) error {
		cfg.baseURL = url
		return nil
	}
}

// WithInsecureHTTP lets the URL of [WithBaseURL], given before or after it, be plain http to any host, for a fake of
// Telnyx in another container. The API key and tokens then travel in clear. Only that host and port may be plain http,
// whatever a request editor makes of a URL.
func WithInsecureHTTP() Option {
	return func(cfg *config) error {
		cfg.insecure = true
		return nil
	}
}

// WithHTTPClient sends requests through c's transport, cookie jar and timeout (which then bounds one attempt) in place
// of the package's own connection pool. c is not modified: its redirect policy is not used, and responses are bounded
// as always. Its transport must obey a request's context, as net/http's does. This package cannot close a dead
// connection in c's pool: have c's transport find it. To add to the package's own pool instead, see [WithMiddleware].
// Where a proxy refuses to connect, net/http's error is the text of its status alone, "Forbidden"; the example says
// that it was the proxy.
func WithHTTPClient(c *http.Client) Option {
	return func(cfg *config) error {
		if c == nil {
			return invalidOption("HTTP client is nil")
		}
		cfg.exchange.HTTPClient = c
		return nil
	}
}

// WithMiddleware wraps the transport, the package's own or that of [WithHTTPClient]: wrap returns an
// [http.RoundTripper] that calls next, for traces or metrics. It sees each attempt, with the API key in its header, and
// the response before its body has been read. Of several, the first is outermost. [AttemptFromContext] tells the
// operation and the number of the attempt. As any [http.RoundTripper], it must obey the request's context: a call lasts
// until it returns, and a [TokenSource] leaves no more than two such fetches behind.
//
// An error of wrap's, or of any transport, that has a method Retryable() bool says with false that another attempt does
// not help, and ends the call.
func WithMiddleware(wrap func(next http.RoundTripper) http.RoundTripper) Option {
	return func(cfg *config) error {
		if wrap == nil {
			return invalidOption("middleware is nil")
		}
		cfg.exchange.Middleware = append(cfg.exchange.Middleware, wrap)
		return nil
	}
}

// WithAPIKeyFunc asks key for the API key at each attempt of a call that needs one, in place of the key given to [New],
// so that a rotated key is used without a restart. It is asked once more after a 401, and the call repeated if the key
// is another one by then. key gets the call's context, which it must obey, and must be safe for concurrent use.
func WithAPIKeyFunc(key func(context.Context) (string, error)) Option {
	return func(cfg *config) error {
		if key == nil {
			return invalidOption("API key function is nil")
		}
		cfg.key, cfg.keyless = key, false
		return nil
	}
}

// WithoutAPIKey makes a Client for the side of a participant, who has a refresh token and no API key: it refreshes, and
// calls that need the key give an error that matches [ErrInvalidRequest] before anything is sent.
func WithoutAPIKey() Option {
	return func(cfg *config) error {
		cfg.key, cfg.keyless = nil, true
		return nil
	}
}

// WithUserAgent puts a product, such as "gateway/1.4", before the package's own in the User-Agent header (RFC 9110).
func WithUserAgent(product string) Option {
	return func(cfg *config) error {
		if product == "" || strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return invalidOption("user agent is empty or not printable ASCII")
		}
		cfg.userAgent = product + " " + cfg.userAgent
		return nil
	}
}

// WithRequestEditor runs fn on every request of both operations, in the order given, before the API key is added. Where
// fn waits for something, it must obey the request's context.
func WithRequestEditor(fn api.RequestEditorFn) Option {
	return func(cfg *config) error {
		if fn == nil {
			return invalidOption("request editor is nil")
		}
		cfg.editors = append(cfg.editors, fn)
		return nil
	}
}

// WithMaxRetries sets how many times a failed attempt is repeated: 3 by default, 0 for never. A call whose API key has
// been rotated ([WithAPIKeyFunc]) is repeated once with the new one besides.
func WithMaxRetries(n int) Option {
	return func(cfg *config) error {
		if n < 0 {
			return invalidOption("maximum of retries is %d, must not be negative", n)
		}
		cfg.exchange.MaxRetries = n
		return nil
	}
}

// WithAttemptTimeout bounds one attempt, from dialing to the response's last byte: 15 s by default. The call's context
// bounds all attempts and the waits between them. An attempt on a connection that died silently takes this long before
// the next one dials, so keep it below the deadlines of the contexts.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalidOption("attempt timeout is %v, must be positive", d)
		}
		cfg.exchange.AttemptTimeout = d
		return nil
	}
}

// WithLogger writes one record per attempt at debug level and one per retry at warn level to l. They hold the
// operation, the attempt's number, its status and request id, its failure ("canceled", "connection", "dns", "timeout",
// "tls" or "too large") and the phase in which it failed ("waiting for a connection", "resolving the host",
// "connecting", "in the TLS handshake", "waiting for the response" or "reading the response"), its duration or the wait
// before the next one, and nothing else of a request or a response.
//
// The retries within a fetch of a [TokenSource] are at debug level. In their place there is one record at warn level
// for each create or refresh of its that fails, and one at info level for the first that succeeds after that: the
// operation, the status or the failure (as above, or "panic" or "not sent"), the wait before the next one, and how long
// the source still has a valid token.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return invalidOption("logger is nil")
		}
		cfg.logger = l
		return nil
	}
}
