package roomtokenstest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// specSchemas has the schemas against which responses are checked.
type specSchemas struct{ *openapi3.T }

func loadSpec(tb testing.TB) specSchemas {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(roomtokens.Spec())
	require.NoError(tb, err)
	return specSchemas{doc}
}

// requireInSpec expects of a response what the spec, or else the package's documentation, says.
func requireInSpec(t *testing.T, spec specSchemas, operation api.Operation, w *httptest.ResponseRecorder) {
	t.Helper()
	require.NotEmpty(t, w.Header().Get("X-Request-Id"))
	require.NoError(t, spec.check(operation, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()), "%s", w.Body)
}

// check holds a response against the spec: the body of a status that the spec lists for the operation, or else of a
// status that refuses, with one video_Error in an envelope.
func (s specSchemas) check(operation api.Operation, status int, contentType string, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil || contentType != "application/json" {
		return errors.Join(err, fmt.Errorf("content type %q", contentType))
	}
	if operation != "" {
		responses := s.Paths.Value(operation.Path()).GetOperation(operation.Method()).Responses
		if listed := responses.Status(status); listed != nil {
			return validateJSON(listed.Value.Content.Get(contentType).Schema.Value, value)
		}
	}
	envelope, _ := value.(map[string]any)
	problems, _ := envelope["errors"].([]any)
	if status < 400 || status > 499 || len(problems) != 1 {
		return fmt.Errorf("status %d with %d problems", status, len(problems))
	}
	return validateJSON(s.Components.Schemas["video_Error"].Value, problems[0])
}

// validateJSON asks both of the library's validators: the one for OpenAPI 3.1, and the other, which knows date-time.
func validateJSON(schema *openapi3.Schema, value any) error {
	isDateTime := openapi3.NewCallbackValidator(func(text string) error {
		_, err := time.Parse(time.RFC3339, text)
		return err
	})
	return errors.Join(
		schema.VisitJSON(value, openapi3.EnableJSONSchema2020()),
		schema.VisitJSON(value, openapi3.WithStringFormatValidator("date-time", isDateTime)),
	)
}
