package faults_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// issue returns a certificate of 127.0.0.1, as changed, that is its own authority.
func issue(t *testing.T, change func(*x509.Certificate)) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, pool
}

func goodCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return issue(t, nil)
}

func unknownAuthority(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	own, _ := issue(t, nil)
	return own, x509.NewCertPool()
}

func otherHost(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return issue(t, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1)} })
}

func ended(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
}
