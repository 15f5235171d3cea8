package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// FailureKind names the kind of failure that err is, without its text.
func FailureKind(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "dns"
	}
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case ok && timeout.Timeout():
		return "timeout"
	case isTLSError(err):
		return "tls"
	case errors.Is(err, ErrTooLarge):
		return "too large"
	}
	return "connection"
}

// isTLSError reports whether err is a failure of TLS or of a certificate, which a retry does not change.
func isTLSError(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true // an alert
	}
	return errors.Is(err, http.ErrSchemeMismatch)
}
