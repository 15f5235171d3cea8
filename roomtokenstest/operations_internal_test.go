package roomtokenstest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOperationThatIsNotPerformed has one that a later spec may list: it must not look like a room that does not exist.
func TestOperationThatIsNotPerformed(t *testing.T) {
	t.Parallel()
	s, w := NewServer(), httptest.NewRecorder()
	s.serve(w, httptest.NewRequest(http.MethodGet, "/rooms/x", http.NoBody), call{operation: "ViewRoom"})
	require.Equal(t, http.StatusNotImplemented, w.Code)
	require.Equal(t, "10007", s.Requests()[0].Code)
	require.Contains(t, w.Body.String(), "The fake does not perform this operation.")
}
