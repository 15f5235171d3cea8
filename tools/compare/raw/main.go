// Raw calls the API with net/http and encoding/json alone.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

type client struct{ baseURL, apiKey string }

type response struct {
	Data struct {
		Token        string `json:"token"`
		RefreshToken string `json:"refresh_token"`
	} `json:"data"`
}

func (c client) Create(ctx context.Context, room string) (any, string, error) {
	return c.call(ctx, room, "generate_join_client_token", map[string]any{"token_ttl_secs": 600})
}

func (c client) Refresh(ctx context.Context, room, refreshToken string) (any, string, error) {
	return c.call(ctx, room, "refresh_client_token", map[string]any{"refresh_token": refreshToken})
}

func (c client) call(ctx context.Context, room, action string, params map[string]any) (any, string, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, "", err
	}
	address := c.baseURL + "/rooms/" + url.PathEscape(room) + "/actions/" + action
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+c.apiKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", err
	}
	if resp.StatusCode != http.StatusCreated {
		return nil, "", fmt.Errorf("%s: %s", resp.Status, content)
	}
	var created response
	err = json.Unmarshal(content, &created)
	return created, created.Data.Token, err
}

func main() {
	program.Main(func(baseURL, apiKey string) (program.Client, error) { return client{baseURL, apiKey}, nil })
}
