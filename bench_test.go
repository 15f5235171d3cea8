package roomtokens_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// cannedToken has the length of the tokens that Telnyx hands out, some 650 bytes.
var cannedToken = "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiSldUIn0." +
	strings.Repeat("eyJhdWQiOiJ0", 44) + "." + strings.Repeat("c2ln", 21)

// canned is a transport that gives every request the response of its operation, from memory.
type canned struct{}

func (canned) RoundTrip(req *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, req.Body)
	if err != nil {
		return nil, err
	}
	body := cannedCreate
	if strings.HasSuffix(req.URL.Path, "/refresh_client_token") {
		body = cannedRefresh
	}
	return &http.Response{
		Status: "201 Created", StatusCode: http.StatusCreated, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "Date": {"Thu, 01 Jan 2026 00:00:00 GMT"},
		},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}

var (
	cannedRefresh = fmt.Sprintf(`{"data":{"token":%q,"token_expires_at":"2026-01-01T00:10:00Z"}}`, cannedToken)
	cannedCreate  = fmt.Sprintf(`{"data":{"token":%q,"token_expires_at":"2026-01-01T00:10:00Z",`+
		`"refresh_token":%q,"refresh_token_expires_at":"2026-01-01T01:00:00Z"}}`, cannedToken, cannedToken)
)

// handwritten is the client that a careful engineer writes with net/http and encoding/json.
type handwritten struct {
	http *http.Client
	base string
}

func (c *handwritten) call(ctx context.Context, action, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	url := c.base + "/rooms/" + roomID.String() + "/actions/" + action
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("status %s", resp.Status)
	}
	return json.Unmarshal(data, out)
}

func (c *handwritten) create(ctx context.Context) error {
	params := api.CreateRoomClientTokenRequest{TokenTTLSecs: 600, RefreshTokenTTLSecs: 3600}
	var out api.CreateRoomClientToken201Response
	return c.call(ctx, "generate_join_client_token", apiKey, params, &out)
}

func (c *handwritten) refresh(ctx context.Context) error {
	params := api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken, TokenTTLSecs: 600}
	var out api.RefreshRoomClientToken201Response
	return c.call(ctx, "refresh_client_token", "", params, &out)
}

// wrapped makes the same calls with this package.
type wrapped struct{ *roomtokens.Client }

func (c wrapped) create(ctx context.Context) error {
	params := api.CreateRoomClientTokenRequest{TokenTTLSecs: 600, RefreshTokenTTLSecs: 3600}
	_, err := c.CreateRoomClientToken(ctx, roomID, params)
	return err
}

func (c wrapped) refresh(ctx context.Context) error {
	params := api.RefreshRoomClientTokenRequest{RefreshToken: refreshToken, TokenTTLSecs: 600}
	_, err := c.RefreshRoomClientToken(ctx, roomID, params)
	return err
}

// cannedCallers have the canned transport. The comparison with other clients is in tools/compare.
func cannedCallers(tb testing.TB) (*handwritten, wrapped) {
	tb.Helper()
	client := &http.Client{Transport: canned{}}
	ours, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(client))
	require.NoError(tb, err)
	return &handwritten{http: client, base: api.ServerURL}, wrapped{ours}
}

// BenchmarkCreate and BenchmarkRefresh measure what a client costs in itself: the transport responds from memory.
func BenchmarkCreate(b *testing.B) {
	hand, ours := cannedCallers(b)
	b.Run("client=handwritten", benchmark(hand.create))
	b.Run("client=roomtokens", benchmark(ours.create))
}

func BenchmarkRefresh(b *testing.B) {
	hand, ours := cannedCallers(b)
	b.Run("client=handwritten", benchmark(hand.refresh))
	b.Run("client=roomtokens", benchmark(ours.refresh))
}

func benchmark(call func(context.Context) error) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		ctx := b.Context()
		for b.Loop() {
			if err := call(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
}
