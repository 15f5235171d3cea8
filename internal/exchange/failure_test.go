package exchange

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFailureKind(t *testing.T) {
	t.Parallel()
	noHost := &net.DNSError{Err: "no such host", IsTimeout: true}
	badCertificate := &tls.CertificateVerificationError{
		Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"},
	}
	for want, err := range map[string]error{
		"connection": &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"dns":        &net.OpError{Op: "dial", Err: noHost},
		"timeout":    &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded},
		"tls":        badCertificate,
		"canceled":   context.Canceled,
		"too large":  ErrTooLarge,
	} {
		require.Equal(t, want, FailureKind(fmt.Errorf("wrapped: %w", err)))
	}
	require.Equal(t, "timeout", FailureKind(fmt.Errorf("attempt timed out: %w", context.DeadlineExceeded)))
}
