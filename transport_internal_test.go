package roomtokens

import (
	"context"
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
	transport := newConnectionPool()
	require.Positive(t, transport.TLSHandshakeTimeout)
	require.Positive(t, transport.IdleConnTimeout)
	require.GreaterOrEqual(t, transport.MaxIdleConnsPerHost, 128)
	require.GreaterOrEqual(t, transport.MaxIdleConns, transport.MaxIdleConnsPerHost)
	require.Nil(t, transport.Proxy, "the environment is not read")
}
