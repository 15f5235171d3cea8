package contract_test

import (
	"context"
	"regexp"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkDocument finds what makes the document itself unsound. Examples and defaults must fit their schemas.
func checkDocument(doc *openapi3.T, _ *code) []finding {
	err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaDefaultsValidation())
	if err != nil {
		return []finding{{"document", "OpenAPI", err.Error(), "cannot follow it"}}
	}
	return nil
}

// provenance is what info.x-upstream must say of the document that the spec was trimmed from, and how each looks.
func provenance() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"repository": regexp.MustCompile(`^[\w.-]+/[\w.-]+$`),
		"file":       regexp.MustCompile(`^[\w./-]+\.(ya?ml|json)$`),
		"commit":     regexp.MustCompile(`^[0-9a-f]{40}$`),
		"date":       regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`),
		"sha256":     regexp.MustCompile(`^[0-9a-f]{64}$`),
	}
}

// checkProvenance finds what x-upstream leaves open.
func checkProvenance(doc *openapi3.T, _ *code) []finding {
	upstream, _ := doc.Info.Extensions["x-upstream"].(map[string]any)
	var found []finding
	report := func(field, spec, want string) {
		found = append(found, finding{"document", "info.x-upstream." + field, spec, "expects " + want})
	}
	for field, form := range provenance() {
		value, ok := upstream[field].(string)
		switch {
		case !ok:
			report(field, "nothing", "text of the form "+form.String())
		case !form.MatchString(value):
			report(field, value, "text of the form "+form.String())
		}
	}
	if date, ok := upstream["date"].(string); ok {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			report("date", date, "a day of the calendar")
		}
	}
	return found
}
