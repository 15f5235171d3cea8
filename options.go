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
const version = "0.3.0"

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
	keyless   bool // key is noKey
	http      *http.Client
	userAgent string
	editors   []api.RequestEditorFn
	logger    *slog.Logger

	middleware []func(http.RoundTripper) http.RoundTripper

	maxRetries     int
	attemptTimeout time.Duration

	insecureHTTP bool
	plainHTTP    *url.URL // the base URL, if it is allowed to be plain http; otherwise nil
}

func newConfig(apiKey string, opts []Option) (*config, error) {
	cfg := &config{
		baseURL:   api.ServerURL,
		userAgent: "roomtokens-go/" + version,

		maxRetries:     defaultMaxRetries,
		attemptTimeout: defaultAttemptTimeout,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, invalid("option is nil")
		}
		if err := opt(cfg); err != nil {
			return nil, err
		}
	}
	if err := cfg.checkBaseURL(); err != nil {
		return nil, err
	}
	if apiKey != "" || cfg.key == nil {
		if err := checkAPIKey(apiKey); err != nil {
			return nil, err
		}
	}
	if cfg.key == nil {
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
		cfg.insecureHTTP = true
		return nil
	}
}

// WithHTTPClient sends requests through c's transport, cookie jar and timeout (which then bounds one attempt) in place
// of the package's own connection pool. c is not modified: its redirect policy is not used, and responses are bounded
// as always. This package cannot close a dead connection in c's pool: have c's transport find it. To add to the
// package's own pool instead, see [WithMiddleware].
func WithHTTPClient(c *http.Client) Option {
	return func(cfg *config) error {
		if c == nil {
			return invalid("HTTP client is nil")
		}
		cfg.http = c
		return nil
	}
}

// WithMiddleware wraps the transport, the package's own or that of [WithHTTPClient]: wrap returns an
// [http.RoundTripper] that calls next, for traces or metrics. It sees each attempt, with the API key in its header, and
// the response before its body has been read. Of several, the first is outermost. [AttemptFromContext] tells the
// operation and the number of the attempt.
func WithMiddleware(wrap func(next http.RoundTripper) http.RoundTripper) Option {
	return func(cfg *config) error {
		if wrap == nil {
			return invalid("middleware is nil")
		}
		cfg.middleware = append(cfg.middleware, wrap)
		return nil
	}
}

// WithAPIKeyFunc asks key for the API key at each attempt of a call that needs one, in place of the key given to [New],
// so that a rotated key is used without a restart. key gets the call's context and must be safe for concurrent use.
func WithAPIKeyFunc(key func(context.Context) (string, error)) Option {
	return func(cfg *config) error {
		if key == nil {
			return invalid("API key function is nil")
		}
		cfg.key, cfg.keyless = key, false
		return nil
	}
}

// WithoutAPIKey makes a Client for the side of a participant, who has a refresh token and no API key: it refreshes, and
// calls that need the key give an error that matches [ErrInvalidRequest] before anything is sent.
func WithoutAPIKey() Option {
	return func(cfg *config) error {
		cfg.key, cfg.keyless = noKey, true
		return nil
	}
}

func noKey(context.Context) (string, error) {
	return "", invalid("the client was made without an API key")
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

// WithAttemptTimeout bounds one attempt, from dialing to the response's last byte: 15 s by default. The call's context
// bounds all attempts and the waits between them. An attempt on a connection that died silently takes this long before
// the next one dials, so keep it below the deadlines of the contexts.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalid("attempt timeout is %v, must be positive", d)
		}
		cfg.attemptTimeout = d
		return nil
	}
}

// WithLogger writes one record per attempt at debug level and one per retry at warn level to l. They hold the
// operation, the attempt's number, its status and request id, its failure ("canceled", "connection", "dns", "timeout",
// "tls" or "too large"), its duration or the wait before the next one, and nothing else of a request or a response.
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
func (cfg *config) checkBaseURL() error {
	u, err := url.Parse(cfg.baseURL)
	switch {
	case err != nil:
		return invalid("base URL cannot be parsed")
	case strings.ContainsAny(cfg.baseURL, "?#"):
		return invalid("base URL has a query or a fragment")
	case cfg.insecureHTTP && u.Scheme == "http":
		cfg.plainHTTP = u
	}
	if reason := cfg.unsafeEndpoint(u); reason != "" {
		return invalid("base URL %s", reason)
	}
	return nil
}

// unsafeEndpoint says why a request to u cannot be sent, or not safely; "" where it can.
func (cfg *config) unsafeEndpoint(u *url.URL) (reason string) {
	switch {
	case u.User != nil:
		return "has user information"
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "is not an absolute https URL"
	case u.Port() != "" && !isPort(u.Port()):
		return "has a port that does not exist"
	case u.Scheme == "http" && !isLoopback(u.Hostname()) && !isSameHost(u, cfg.plainHTTP):
		return "is plain http, which only a loopback address or WithInsecureHTTP allows"
	case strings.ContainsFunc(u.RequestURI(), func(r rune) bool { return r <= ' ' || r == '\x7f' }):
		return "has a space or a control character" // net/http finds it over HTTP/1.1 only
	}
	return ""
}

// parseBaseURL returns the URL that the paths of operations are appended to, as the generated builder resolves them.
func parseBaseURL(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // which http.NewRequest drops too
	return u.Parse("./")
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isSameHost reports whether u has the host and port of allowed, which may be nil.
func isSameHost(u, allowed *url.URL) bool {
	return allowed != nil && strings.EqualFold(u.Hostname(), allowed.Hostname()) && u.Port() == allowed.Port()
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
