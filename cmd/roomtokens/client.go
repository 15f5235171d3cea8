package main

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roomtokens/roomtokens-go"
)

// defaultTimeout outlives the restart of a server.
const defaultTimeout = 30 * time.Second

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
	cmd.Flags().DurationVar(&c.timeout, "timeout", defaultTimeout, "retry for this time, and then give up on a token")
	c.format.define(cmd, defaultFormat)
}

// client returns a client for the server and the proxy that flags and environment name.
func (c *call) client(key roomtokens.Option) (*roomtokens.Client, error) {
	if c.timeout <= 0 {
		return nil, usagef("--timeout must be a positive duration such as 30s")
	}
	if err := c.checkProxy(); err != nil {
		return nil, err
	}
	opts := []roomtokens.Option{
		key,
		roomtokens.WithHTTPClient(&http.Client{Transport: c.transport}),
		roomtokens.WithMaxRetries(math.MaxInt), // until the timeout
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
	client, err := roomtokens.New("", opts...)
	if err != nil {
		return nil, usagef("%s: %s", source, strings.ReplaceAll(plain(err), "WithInsecureHTTP", "--insecure-http"))
	}
	return client, nil
}
