package roomtokens

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTransportSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := newConnectionPool(time.Second)
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	t.Cleanup(transport.CloseIdleConnections)

	resp, err := (&http.Client{Transport: transport}).Get(server.URL)

	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "HTTP/2.0", resp.Proto)
}

// lateContext has ended by its deadline, which its timer has yet to notice.
type lateContext struct{ context.Context }

func (lateContext) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }

func TestContextError(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, contextError(t.Context()))
	require.Equal(t, context.DeadlineExceeded, contextError(lateContext{t.Context()}))
	require.Equal(t, context.Canceled, contextError(lateContext{canceled}))
	require.Equal(t, context.Canceled, withContextError(canceled, context.Canceled), "it matches already")
}

func TestTransportBounds(t *testing.T) {
	t.Parallel()
	transport := newConnectionPool(time.Second)
	require.Positive(t, transport.TLSHandshakeTimeout)
	require.Positive(t, transport.IdleConnTimeout)
	require.GreaterOrEqual(t, transport.MaxIdleConnsPerHost, 128)
	require.GreaterOrEqual(t, transport.MaxIdleConns, transport.MaxIdleConnsPerHost)
	require.Nil(t, transport.Proxy, "the environment is not read")
}
