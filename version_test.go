package roomtokens_test

import (
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUserAgentNamesTheNewestReleaseOfTheChangelog(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile("CHANGELOG.md")
	require.NoError(t, err)
	newest := regexp.MustCompile(`(?m)^## \[(\d.*)\] - \d{4}-\d\d-\d\d$`).FindSubmatch(changelog)
	require.NotNil(t, newest, "no heading of a release")
	callAll(t, newClient(t, func(w http.ResponseWriter, req *http.Request) {
		require.Equal(t, "roomtokens-go/"+string(newest[1]), req.UserAgent())
		created(w, req)
	}))
}
