package roomtokens

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
	pool := newConnectionPool(5 * time.Second)
	require.Positive(t, pool.TLSHandshakeTimeout)
	require.Less(t, pool.TLSHandshakeTimeout, defaultAttemptTimeout)
	require.Equal(t, 90*time.Second, pool.IdleConnTimeout, "as CloseIdleConnections says")
	require.Equal(t, 10*time.Second, pool.HTTP2.SendPingTimeout+pool.HTTP2.PingTimeout)
	require.EqualValues(t, 64<<10, pool.MaxResponseHeaderBytes)
	require.EqualValues(t, tls.VersionTLS12, pool.TLSClientConfig.MinVersion)
	require.GreaterOrEqual(t, pool.MaxIdleConnsPerHost, 128)
	require.Equal(t, pool.MaxIdleConns, pool.MaxIdleConnsPerHost, "there is one host")
	require.Nil(t, pool.Proxy, "the environment is not read")
}
