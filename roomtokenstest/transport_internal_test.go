package roomtokenstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func roundTrip(t *testing.T, h http.HandlerFunc) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "https://fake.test/", nil)
	require.NoError(t, err)
	resp, err := transport{h}.RoundTrip(req)
	require.NoError(t, err)
	return resp
}

func TestOtherPanicsPass(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, "bug", func() {
		serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") }), nil, nil)
	})
}

func TestRecorderKeepsTheFirstStatus(t *testing.T) {
	t.Parallel()
	resp := roundTrip(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("Late", "yes")
		w.WriteHeader(http.StatusOK)
	})
	require.Equal(t, http.StatusTeapot, resp.StatusCode)
	require.NotContains(t, resp.Header, "Late")
	require.EqualValues(t, -1, resp.ContentLength)
}

func TestRecorderWithoutAStatus(t *testing.T) {
	t.Parallel()
	resp := roundTrip(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// refusing is a connection that takes no more than its header.
type refusing struct{ *httptest.ResponseRecorder }

func (refusing) Write([]byte) (int, error)       { return 0, io.ErrClosedPipe }
func (refusing) WriteString(string) (int, error) { return 0, io.ErrClosedPipe }

func TestAnswerToAClientThatIsGone(t *testing.T) {
	t.Parallel()
	w := refusing{httptest.NewRecorder()}
	(&response{status: 201, body: []byte(`{}`)}).write(w, Fault{Size: 1 << 30})
	require.Equal(t, 201, w.Code)
}
