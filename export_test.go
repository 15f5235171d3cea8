package roomtokens

import "net/http"

// OwnTransport is the package's own transport in c, for tests to add the certificate of a loopback server.
func OwnTransport(c *Client) *http.Transport {
	return c.createPrototype.doer.http.Transport.(*attempt).base.(*coldStart).base.(*http.Transport)
}
