package main

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

const baseURLVariable = "TELNYX_BASE_URL"

// defaultTimeout is longer than three attempts with the waits between them.
const defaultTimeout = 2 * time.Minute

// serverFlags are the flags of each command that calls the API.
type serverFlags struct {
	baseURL string
	timeout time.Duration
}

func (f *serverFlags) define(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.baseURL, "base-url", "",
		"URL of the server, such as one of roomtokens mock; by default TELNYX_BASE_URL or else Telnyx")
	cmd.Flags().DurationVar(&f.timeout, "timeout", defaultTimeout, "give up on a token after this time, retries included")
}

// client returns a client for the server and the proxy of flags and environment. The key is valid, or there is none.
func (p *program) client(apiKey secret.String, f serverFlags) (*roomtokens.Client, error) {
	if f.timeout <= 0 {
		return nil, usagef("--timeout must be a positive duration such as 30s")
	}
	if err := p.checkProxy(); err != nil {
		return nil, err
	}
	opts := []roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{}), // http.DefaultTransport reads HTTPS_PROXY
		roomtokens.WithLogger(p.logger()),
	}
	source, baseURL := "--base-url", f.baseURL
	if baseURL == "" {
		source, baseURL = baseURLVariable, p.env(baseURLVariable)
	}
	if baseURL != "" {
		opts = append(opts, roomtokens.WithBaseURL(baseURL))
	}
	if apiKey == "" {
		opts = append(opts, roomtokens.WithoutAPIKey())
	}
	client, err := roomtokens.New(string(apiKey), opts...)
	if err != nil {
		return nil, usagef("%s: %s", source, plain(err))
	}
	return client, nil
}

// checkProxy refuses a proxy that net/http cannot parse, where it would connect directly.
func (p *program) checkProxy() error {
	proxy := cmp.Or(p.env("HTTPS_PROXY"), p.env("https_proxy"))
	if proxy == "" {
		return nil
	}
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	if parsed, err := url.Parse(proxy); err != nil || parsed.Host == "" {
		return usagef("HTTPS_PROXY is not a URL such as http://proxy.example:3128")
	}
	return nil
}
