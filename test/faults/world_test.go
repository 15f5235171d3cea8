package faults_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

const (
	apiKey     = "KEY0189_test-api-key"
	serverAddr = "127.0.0.1:80"
	secureAddr = "127.0.0.1:443"
)

// world is a client with a real http.Transport, and a real http.Server that treats it as the fault says. It lives in a
// bubble of virtual time.
type world struct {
	network   *network
	transport *http.Transport
	server    *http.Server
	client    *roomtokens.Client

	mu       sync.Mutex
	requests []request
}

// request is one that reached the server.
type request struct {
	at     time.Time
	path   string
	bearer string
	body   string
}

func newWorld(t *testing.T, f fault, opts ...roomtokens.Option) *world {
	t.Helper()
	w := &world{network: &network{hosts: map[string]*listener{}, refusal: f.refusal}}
	w.transport = &http.Transport{DialContext: w.network.DialContext}
	w.server = &http.Server{Handler: w.record(f.serve), ErrorLog: log.New(io.Discard, "", 0)}
	plain, secure := w.network.listen(t, serverAddr), w.network.listen(t, secureAddr)
	t.Cleanup(w.end)
	go w.server.Serve(plain)
	base := "http://127.0.0.1/v2"
	if f.certificate != nil {
		base = "https://127.0.0.1/v2"
		own, pool := f.certificate(t)
		w.transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		secure = tls.NewListener(secure, &tls.Config{Certificates: []tls.Certificate{own}})
	}
	go w.server.Serve(secure)
	client, err := roomtokens.New(apiKey, append([]roomtokens.Option{
		roomtokens.WithBaseURL(base), roomtokens.WithHTTPClient(&http.Client{Transport: w.transport}),
	}, opts...)...)
	require.NoError(t, err)
	w.client = client
	return w
}

// record keeps what arrives before it is served.
func (w *world) record(serve serveFunc) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		w.mu.Lock()
		w.requests = append(w.requests, request{time.Now(), req.URL.Path, req.Header.Get("Authorization"), string(body)})
		count := len(w.requests)
		w.mu.Unlock()
		serve(out, req, count)
	})
}

func (w *world) end() {
	w.transport.CloseIdleConnections()
	w.server.Close()
}

// requireNothingLeft looks for connections. That no goroutine is left is for synctest to say when the world has ended.
func (w *world) requireNothingLeft(t *testing.T) {
	t.Helper()
	w.transport.CloseIdleConnections()
	synctest.Wait()
	require.Zero(t, w.network.open.Load(), "open connections")
}

// requireSameRequests has every attempt carry the whole body, and the key where there is one.
func (w *world) requireSameRequests(t *testing.T, op operation) {
	t.Helper()
	for _, one := range w.requests {
		require.Equal(t, "/v2/rooms/"+roomID.String()+op.path, one.path)
		require.Equal(t, op.body, one.body)
		require.Equal(t, op.bearer, one.bearer)
	}
	for _, one := range w.network.dials {
		require.Contains(t, []string{serverAddr, secureAddr}, one.addr, "another host was dialled")
	}
}

// certificate makes the server speak TLS: its certificate, and whom the client trusts.
type certificate func(t *testing.T) (own tls.Certificate, trusted *x509.CertPool)
