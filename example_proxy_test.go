package roomtokens_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// proxyError is a proxy's refusal to connect. By itself, net/http says "Forbidden", and not who said so.
type proxyError struct{ status string }

func (e *proxyError) Error() string { return "the proxy refused to connect: " + e.status }

// Retryable says that another attempt does not help.
func (*proxyError) Retryable() bool { return false }

// nameProxy is an http.Transport's OnProxyConnectResponse. Other statuses than these are net/http's, and are retried.
func nameProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return &proxyError{resp.Status}
	}
	return nil
}

// A proxy, a certificate pool or a test double comes in with the caller's own HTTP client. This transport names a proxy
// that refuses to connect.
func ExampleWithHTTPClient() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) } // or http.ProxyFromEnvironment
	transport.OnProxyConnectResponse = nameProxy
	client, err := roomtokens.New("KEY_from_a_vault", roomtokens.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		log.Fatal(err)
	}
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	_, err = client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	fmt.Println(err)
	fmt.Println("attempts:", strings.Contains(err.Error(), "attempts"))
	proxy.Close()
	// Output:
	// roomtokens: CreateRoomClientToken: the proxy refused to connect: 403 Forbidden
	// attempts: false
}
