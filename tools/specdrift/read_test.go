package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// endless is a stream without an end, such as a server may send.
type endless struct{ sent int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.sent += int64(len(p))
	return len(p), nil
}

func TestReadingStopsAtTheCap(t *testing.T) {
	t.Parallel()
	var stream endless
	_, err := readCapped(&stream)
	require.ErrorContains(t, err, "longer than 16 MiB")
	require.LessOrEqual(t, stream.sent, int64(maxBytes)+1)
}

func TestAFileOf200MBIsRefused(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "big.yaml")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	require.NoError(t, os.Truncate(name, 200<<20))
	got := runProgram(t, "-spec", filepath.Join("testdata", "openapi.yaml"), name)
	require.Equal(t, exitUnreadable, got.status)
	require.Equal(t, "specdrift: "+name+": is longer than 16 MiB\n", got.stderr)
}

func TestAMissingFileIsNamedOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "none.yaml")
	got := runProgram(t, "-spec", filepath.Join("testdata", "openapi.yaml"), name)
	require.Equal(t, exitUnreadable, got.status)
	require.Equal(t, 1, strings.Count(got.stderr, name), got.stderr)
}

func TestADocumentIsFetched(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	got := runProgram(t, "-spec", filepath.Join("testdata", "openapi.yaml"), server.URL+"/upstream.yaml")
	require.Equal(t, outcome{stdout: "in step\n"}, got)
}

func TestAFetchThatFailsIsNoVerdict(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(&endless{}, 2*maxBytes))
	})
	mux.HandleFunc("/announced", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "209715200") })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "openapi: 3.1.0\n")
	})
	mux.Handle("/plain", http.RedirectHandler("http://example.com/spec.yaml", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for path, says := range map[string]string{
		"/endless":               "longer than 16 MiB",
		"/announced":             "longer than 16 MiB",
		"/short":                 "unexpected EOF",
		"/plain":                 `over "http"`,
		"/loop":                  "too many redirects",
		"/missing?token=s3cr3t":  "answered 404",
		"/plain?token=s3cr3t#no": `over "http"`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, "-spec", filepath.Join("testdata", "openapi.yaml"), server.URL+path)
			require.Equal(t, exitUnreadable, got.status, got.stdout)
			require.Contains(t, got.stderr, says)
			require.NotContains(t, got.stderr, "s3cr3t")
			require.Equal(t, 1, strings.Count(got.stderr, "\n"))
		})
	}
}

func TestOnlyHTTPSIsFetchedFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"http://example.com/spec.yaml", "ftp://example.com/spec.yaml", "file:///etc/passwd", "http://127.0.0.1.example.com/"} {
		_, err := read(t.Context(), source)
		require.ErrorContains(t, err, "https only", source)
	}
}
