package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxBytes is four times the size of upstream's document.
const maxBytes = 16 << 20

const (
	fetchTimeout = 30 * time.Second
	maxRedirects = 5
)

func read(ctx context.Context, source string) ([]byte, error) {
	if isURL(source) {
		return fetch(ctx, source)
	}
	f, err := os.Open(source) //nolint:gosec // the user names the file to read
	if err != nil {
		return nil, unwrapPath(err)
	}
	defer func() { _ = f.Close() }()
	data, err := readCapped(f)
	return data, unwrapPath(err)
}

func isURL(source string) bool { return strings.Contains(source, "://") }

// display is how messages name a source. A URL's query and user may hold a secret, so they are left out.
func display(source string) string {
	u, err := url.Parse(source)
	switch {
	case !isURL(source):
		return source
	case err != nil:
		return "the URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func fetch(ctx context.Context, source string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return nil, errors.New("is not a URL")
	}
	if err := checkScheme(req.URL); err != nil {
		return nil, err
	}
	resp, err := (&http.Client{CheckRedirect: checkRedirect}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot be fetched: %w", withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("cannot be fetched: the server answered %d", resp.StatusCode)
	}
	if resp.ContentLength > maxBytes {
		return nil, errTooLong()
	}
	return readCapped(resp.Body)
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	return checkScheme(req.URL)
}

func checkScheme(u *url.URL) error {
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("refusing to fetch over %q: https only", u.Scheme)
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func readCapped(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(data) > maxBytes {
		return nil, errTooLong()
	}
	return data, nil
}

func errTooLong() error { return fmt.Errorf("is longer than %d MiB", maxBytes>>20) }

// withoutURL drops the URL that net/http puts into its errors, for display's reason.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// unwrapPath drops the path that os puts into its errors, which the message names already.
func unwrapPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("cannot be read: %w", p.Err)
	}
	return err
}
