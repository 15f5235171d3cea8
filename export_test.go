package roomtokens

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// OwnTransport is the package's own transport in c, for tests to add the certificate of a loopback server.
func OwnTransport(c *Client) *http.Transport {
	return c.createPrototype.doer.http.Transport.(*attempt).base.(*coldStart).base.(*http.Transport)
}

// BaseURL is where c sends its requests.
func BaseURL(c *Client) string { return strings.TrimSuffix(c.api.Server, "/") }

// AtomicPointer is a pointer like the one on TokenSource's cached path.
func AtomicPointer(token *ClientToken) *atomic.Pointer[ClientToken] {
	var pointer atomic.Pointer[ClientToken]
	pointer.Store(token)
	return &pointer
}
