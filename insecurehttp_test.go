package roomtokens_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
)

func TestInsecureHTTPIsForTheBaseURL(t *testing.T) {
	t.Parallel()
	const base = "http://mock:4010/v2"
	for name, opts := range map[string][]roomtokens.Option{
		"before the base URL": {roomtokens.WithInsecureHTTP(), roomtokens.WithBaseURL(base)},
		"after it":            {roomtokens.WithBaseURL(base), roomtokens.WithInsecureHTTP()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
				require.Equal(t, "http://mock:4010/v2", req.URL.Scheme+"://"+req.URL.Host+req.URL.Path[:3])
				created(w, req)
			}, opts...)
			callAll(t, client)
		})
	}
}

// TestInsecureHTTPOfAnEditor has an editor change the URL.
func TestInsecureHTTPOfAnEditor(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		base, scheme, host string
		refused            bool
	}{
		"not at all":              {"http://mock:4010", "http", "mock:4010", false},
		"another spelling":        {"http://mock:4010", "http", "MOCK:4010", false},
		"https elsewhere":         {"http://mock:4010", "https", "api.telnyx.com", false},
		"loopback":                {"http://mock:4010", "http", "127.0.0.1", false},
		"without a port":          {"http://mock:", "http", "mock", false},
		"another host":            {"http://mock:4010", "http", "elsewhere:4010", true},
		"another port":            {"http://mock:4010", "http", "mock:80", true},
		"http where it was https": {"https://mock:4010", "http", "mock:4010", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edit := withEditor(func(req *http.Request) { req.URL.Scheme, req.URL.Host = row.scheme, row.host })
			handler := created
			if row.refused {
				handler = unreached(t)
			}
			client := newClient(t, handler, roomtokens.WithBaseURL(row.base), roomtokens.WithInsecureHTTP(), edit)
			_, err := create(t, client)
			_, errOfAPI := createThroughAPI(t, client)
			for _, err := range []error{err, errOfAPI} {
				if !row.refused {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, roomtokens.ErrInvalidRequest)
				require.ErrorContains(t, err, "is plain http")
			}
		})
	}
}
