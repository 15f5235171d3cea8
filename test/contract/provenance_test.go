package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// upstreamWorkflow compares openapi.yaml with upstream's document.
const upstreamWorkflow = ".github/workflows/upstream.yml"

// checkProvenance wants info.x-upstream to name the document that the workflow fetches, and one version of it.
func checkProvenance(doc *openapi3.T, _ *source) []finding {
	upstream, _ := doc.Info.Extensions["x-upstream"].(map[string]any)
	text := func(field string) string {
		value, _ := upstream[field].(string)
		return value
	}
	workflow, err := os.ReadFile(filepath.Join(root, upstreamWorkflow))
	if err != nil {
		return []finding{{"info.x-upstream", "there is one", err}}
	}
	var found []finding
	fetched := "https://raw.githubusercontent.com/" + text("repository") + "/master/" + text("file")
	if !strings.Contains(string(workflow), "UPSTREAM: "+fetched+"\n") {
		found = append(found, finding{"info.x-upstream", fetched, "fetches another document in " + upstreamWorkflow})
	}
	for field, digits := range map[string]string{"commit": "40", "sha256": "64"} {
		if !regexp.MustCompile("^[0-9a-f]{" + digits + "}$").MatchString(text(field)) {
			found = append(found, finding{"info.x-upstream." + field, text(field), "expects " + digits + " hexadecimal digits"})
		}
	}
	if _, err := time.Parse(time.DateOnly, text("date")); err != nil {
		found = append(found, finding{"info.x-upstream.date", text("date"), err})
	}
	return found
}
