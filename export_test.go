package roomtokens

import (
	"net/http"
	"strings"
)

// OwnTransport is the package's own transport in c, for tests to add the certificate of a loopback server.
func OwnTransport(c *Client) *http.Transport {
	return c.sender.Connections()
}

// BaseURL is where c sends its requests.
func BaseURL(c *Client) string { return strings.TrimSuffix(c.api.Server, "/") }
