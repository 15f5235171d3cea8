package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// blocked takes nothing until it is released.
type blocked struct {
	output
	released chan struct{}
}

func (b *blocked) Write(p []byte) (int, error) {
	<-b.released
	return b.output.Write(p)
}

func TestLossyWriterDoesNotBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &blocked{released: make(chan struct{})}
		w := newLossyWriter(out)
		for range 2 * maxQueuedWrites {
			n, err := w.Write([]byte("line\n"))
			require.NoError(t, err)
			require.Equal(t, 5, n)
		}
		began := time.Now()
		w.close(time.Second)
		require.Equal(t, time.Second, time.Since(began))
		close(out.released)
		w.close(time.Second)
		require.InDelta(t, maxQueuedWrites, strings.Count(out.String(), "\n"), 1)
	})
}
