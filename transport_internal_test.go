package roomtokens

import (
	"context"
	"crypto/tls"
	"errors"
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
	failed := errors.New("connection reset")
	require.NoError(t, contextError(t.Context(), nil))
	require.Equal(t, failed, contextError(t.Context(), failed))
	require.Equal(t, context.DeadlineExceeded, contextError(lateContext{t.Context()}, nil))
	require.Equal(t, context.Canceled, contextError(lateContext{canceled}, nil))
	require.Equal(t, context.Canceled, contextError(canceled, context.Canceled), "it matches already")
	require.EqualError(t, contextError(canceled, failed), "context canceled: connection reset")
}

func TestTransportBounds(t *testing.T) {
	t.Parallel()
	pool := newConnectionPool().connections()
	require.Positive(t, pool.TLSHandshakeTimeout)
	require.Less(t, pool.TLSHandshakeTimeout, defaultAttemptTimeout)
	require.Equal(t, 90*time.Second, pool.IdleConnTimeout, "as CloseIdleConnections says")
	require.Equal(t, 5*time.Second, pool.HTTP2.SendPingTimeout)
	require.Equal(t, 5*time.Second, pool.HTTP2.PingTimeout, "a slow link is not dead")
	require.EqualValues(t, 64<<10, pool.MaxResponseHeaderBytes)
	require.EqualValues(t, tls.VersionTLS12, pool.TLSClientConfig.MinVersion)
	require.GreaterOrEqual(t, pool.MaxIdleConnsPerHost, 128)
	require.Equal(t, pool.MaxIdleConns, pool.MaxIdleConnsPerHost, "there is one host")
	require.False(t, pool.DisableCompression)
	require.Nil(t, pool.Proxy, "the environment is not read")
}
