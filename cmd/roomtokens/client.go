package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/secret"
)

// defaultTimeout is longer than three attempts with the waits between them.
const defaultTimeout = 2 * time.Minute

// call is what the commands that call the API have in common.
type call struct {
	*program
	baseURL  string
	insecure bool
	timeout  time.Duration
	format   format
}

func (c *call) define(cmd *cobra.Command, defaultFormat string) {
	cmd.Flags().StringVar(&c.baseURL, "base-url", "",
		"URL of the server, such as one of roomtokens mock; by default TELNYX_BASE_URL or else Telnyx")
	cmd.Flags().BoolVar(&c.insecure, "insecure-http", false,
		"let the URL of the server be plain http to any host: the key and tokens travel in clear")
	cmd.Flags().DurationVar(&c.timeout, "timeout", defaultTimeout, "give up on a token after this time, retries included")
	c.format.define(cmd, defaultFormat)
}

// client returns a client for the server and the proxy that flags and environment name. An empty key means none.
func (c *call) client(apiKey secret.String) (*roomtokens.Client, error) {
	if c.timeout <= 0 {
		return nil, usagef("--timeout must be a positive duration such as 30s")
	}
	if err := c.checkProxy(); err != nil {
		return nil, err
	}
	opts := []roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{}), // http.DefaultTransport reads HTTPS_PROXY
		roomtokens.WithLogger(c.logger()),
	}
	source, baseURL := "--base-url", c.baseURL
	if baseURL == "" {
		source, baseURL = baseURLVariable, c.env(baseURLVariable)
	}
	if baseURL != "" {
		opts = append(opts, roomtokens.WithBaseURL(baseURL))
	}
	if c.insecure {
		opts = append(opts, roomtokens.WithInsecureHTTP())
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

// checkProxy refuses a proxy that is no URL: net/http would ignore it and connect directly.
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

// apiKey returns the key in the environment or in the file that it names; empty if there is none.
func (p *program) apiKey(ctx context.Context) (secret.String, error) {
	source, key, file := keyVariable, p.env(keyVariable), p.env(keyFileVariable)
	switch {
	case key != "" && file != "":
		return "", usagef("both %s and %s are set: unset one", keyVariable, keyFileVariable)
	case file != "":
		text, err := p.readInput(ctx, keyFileVariable, file)
		if err != nil {
			return "", err
		}
		source, key = keyFileVariable, keyIn(text)
	case key == "":
		return "", nil
	}
	if _, err := roomtokens.New(key); err != nil {
		return "", usagef("%s: %s", source, plain(err))
	}
	return secret.String(key), nil
}

// keyIn returns the key in a file, which holds it on its own or as mock writes it.
func keyIn(text string) string {
	if set := variables(text); len(set) > 0 {
		return set[keyVariable]
	}
	return strings.TrimSpace(text)
}

// requiredAPIKey is apiKey for a command that needs one.
func (p *program) requiredAPIKey(ctx context.Context) (secret.String, error) {
	key, err := p.apiKey(ctx)
	if err == nil && key == "" {
		return "", usagef("there is no API key: set %s to one, or %s to the name of a file with one.\n"+
			"To try things out without a key: roomtokens demo, or roomtokens mock", keyVariable, keyFileVariable)
	}
	return key, err
}
