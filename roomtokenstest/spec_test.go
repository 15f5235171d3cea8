package roomtokenstest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
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

func TestTheCheckOfResponsesCanFail(t *testing.T) {
	t.Parallel()
	spec := loadSpec(t)
	const asJSON, problem = "application/json", `{"code":"1","title":"a"}`
	for name, tt := range map[string]struct {
		status            int
		contentType, body string
		valid             bool
	}{
		"201":                   {201, asJSON, `{"data":{"token":"a","token_expires_at":"2026-01-01T00:00:00Z"}}`, true},
		"403":                   {403, asJSON, problem, true},
		"404":                   {404, asJSON, `{"errors":[` + problem + `]}`, true},
		"token is a number":     {201, asJSON, `{"data":{"token":5}}`, false},
		"impossible date":       {201, asJSON, `{"data":{"token_expires_at":"2026-02-30T00:00:00Z"}}`, false},
		"201 as text":           {201, "text/plain", `{}`, false},
		"not JSON":              {201, asJSON, `{`, false},
		"status 200":            {200, asJSON, `{"errors":[` + problem + `]}`, false},
		"status 500":            {500, asJSON, `{"errors":[` + problem + `]}`, false},
		"403 in an envelope":    {403, asJSON, `{"errors":[` + problem + `]}`, false},
		"bare 404":              {404, asJSON, problem, false},
		"404 without problems":  {404, asJSON, `{"errors":[]}`, false},
		"problem without title": {404, asJSON, `{"errors":[{"code":"1"}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := spec.check(api.OperationCreateRoomClientToken, tt.status, tt.contentType, []byte(tt.body))
			require.Equal(t, tt.valid, err == nil, err)
		})
	}
}

// documentedRefusals reads the table in the package's documentation: "400 10015" and so on.
func documentedRefusals(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d{3} \d{5}) `).FindAllStringSubmatch(string(doc), -1)
	documented := map[string]bool{}
	for _, row := range rows {
		documented[row[1]] = true
	}
	return slices.Sorted(maps.Keys(documented))
}

// TestEveryRefusalIsInTheSpec provokes every documented refusal, by each operation that can give it.
func TestEveryRefusalIsInTheSpec(t *testing.T) {
	t.Parallel()
	spec := loadSpec(t)
	open, closed := uuid.MustParse(room), uuid.New()
	server := roomtokenstest.NewServer(roomtokenstest.WithRooms(open, closed), roomtokenstest.WithAPIKey("KEY", open))
	limited := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(0, time.Hour))
	token := string(create(t, server.Client(), open).RefreshToken)
	got := map[string]map[api.Operation]bool{}
	performed := []api.Operation{api.OperationCreateRoomClientToken, api.OperationRefreshRoomClientToken}
	for _, operation := range performed {
		send := func(server *roomtokenstest.Server, method, room, contentType, key, body string) {
			path := "/v2" + strings.Replace(operation.Path(), "{room_id}", room, 1)
			req := httptest.NewRequest(method, path, strings.NewReader(body))
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("Authorization", "Bearer "+key)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)
			requireInSpec(t, spec, operation, w)
			code := regexp.MustCompile(`"code":"(\d+)"`).FindStringSubmatch(w.Body.String())
			require.NotNil(t, code, "a success")
			refusal := fmt.Sprint(w.Code, " ", code[1])
			if got[refusal] == nil {
				got[refusal] = map[api.Operation]bool{}
			}
			got[refusal][operation] = true
		}
		const post, asJSON = http.MethodPost, "application/json"
		valid := `{"refresh_token":"` + token + `"}`
		send(server, post, room, asJSON, "KEY", `{"refresh_token":`)
		send(server, post, room, asJSON, "none", `{"refresh_token":"none"}`)
		send(server, post, closed.String(), asJSON, "KEY", valid)
		send(server, post, uuid.NewString(), asJSON, "KEY", valid)
		send(server, http.MethodPut, room, asJSON, "KEY", valid)
		send(server, post, room, asJSON, "KEY", strings.Repeat(" ", 1<<20+1))
		send(server, post, room, "text/plain", "KEY", valid)
		send(server, post, room, asJSON, "KEY", "")
		send(server, post, "lobby", asJSON, "KEY", valid)
		send(server, post, room, asJSON, "KEY", `{"refresh_token":"a","token_ttl_secs":1}`)
		send(limited, post, room, asJSON, "KEY", valid)
	}
	require.Equal(t, documentedRefusals(t), slices.Sorted(maps.Keys(got)))
	for refusal, operations := range got {
		require.Len(t, operations, len(performed), refusal)
	}
}
