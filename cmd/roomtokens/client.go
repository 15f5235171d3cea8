package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
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
		"`URL` of the server, such as one of roomtokens mock; by default TELNYX_BASE_URL or else Telnyx")
	f.timeout = defaultTimeout
	usage := fmt.Sprintf("give up on a token after this `time`, retries included; by default %v", f.timeout)
	cmd.Flags().Func("timeout", usage, func(value string) (err error) {
		if f.timeout, err = time.ParseDuration(value); err != nil || f.timeout <= 0 {
			return errors.New("must be a positive duration such as 30s")
		}
		return nil
	})
}

// context returns a context that ends after the timeout.
func (f serverFlags) context(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, f.timeout)
}

// client returns a client for the server and the proxy of flags and environment.
func (p *program) client(apiKey secret.String, f serverFlags) (*roomtokens.Client, error) {
	opts := []roomtokens.Option{
		roomtokens.WithHTTPClient(&http.Client{}), // http.DefaultTransport reads HTTPS_PROXY
		roomtokens.WithLogger(slog.New(notices{p})),
	}
	if url := p.baseURL(f); url != "" {
		opts = append(opts, roomtokens.WithBaseURL(url))
	}
	if apiKey == "" {
		opts = append(opts, roomtokens.WithoutAPIKey())
	}
	return roomtokens.New(string(apiKey), opts...)
}

// keyedClient returns a client with the API key, and the room.
func (p *program) keyedClient(args []string, f serverFlags) (*roomtokens.Client, uuid.UUID, error) {
	roomID, err := p.roomID(args)
	if err != nil {
		return nil, uuid.Nil, err
	}
	apiKey, err := p.requiredAPIKey()
	if err != nil {
		return nil, uuid.Nil, err
	}
	client, err := p.client(apiKey, f)
	return client, roomID, err
}

// baseURL returns the URL of the server; empty for Telnyx.
func (p *program) baseURL(f serverFlags) string {
	if f.baseURL != "" {
		return f.baseURL
	}
	return p.env(baseURLVariable)
}
