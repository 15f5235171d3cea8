package roomtokenstest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

// recordingTB is a test that is told of failures and goes on.
type recordingTB struct {
	failures []string
	cleanups []func()
}

func (*recordingTB) Helper()              {}
func (r *recordingTB) Cleanup(end func()) { r.cleanups = append(r.cleanups, end) }
func (r *recordingTB) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestOwnAnswersAreHeldAgainstTheSpec(t *testing.T) {
	t.Parallel()
	s := NewServer()
	r := httptest.NewRequest(http.MethodPost, "/v2/rooms/"+s.APIKey()+"/actions/generate_join_client_token", http.NoBody)
	c := s.arrive(r)
	ok, json := api.VideoError{Code: "1", Title: "x"}, http.Header{"Content-Type": {"application/json"}}
	tests := map[string]struct {
		answer   answer
		envelope bool
		wrong    string // nothing is, where empty
	}{
		"201":                      {answer: jsonAnswer(201, api.CreateRoomClientToken201Response{})},
		"bare 403":                 {answer: jsonAnswer(403, ok)},
		"403 in an envelope":       {answer: jsonAnswer(403, envelope{[]api.VideoError{ok}}), envelope: true},
		"404 in an envelope":       {answer: jsonAnswer(404, envelope{[]api.VideoError{ok}})},
		"token is a number":        {answer: answer{201, json, []byte(`{"data":{"token":5}}`)}, wrong: "/data/token"},
		"bad timestamp":            {answer: answer{201, json, []byte(`{"data":{"token_expires_at":"soon"}}`)}, wrong: "date-time"},
		"impossible date":          {answer: answer{201, json, []byte(`{"data":{"token_expires_at":"2026-02-30T00:00:00Z"}}`)}, wrong: "date-time"},
		"201 as text":              {answer: answer{201, http.Header{"Content-Type": {"text/plain"}}, []byte(`{}`)}, wrong: "Content-Type"},
		"status 200":               {answer: answer{200, json, []byte(`{}`)}, wrong: "status 200 is not in the spec"},
		"403 envelope unannounced": {answer: jsonAnswer(403, envelope{[]api.VideoError{ok}}), wrong: "code"},
		"bare 403 unannounced":     {answer: jsonAnswer(403, ok), envelope: true, wrong: "no list of errors"},
		"404 without a body":       {answer: answer{404, json, nil}, wrong: "no list of errors"},
		"404 without errors":       {answer: jsonAnswer(404, envelope{}), wrong: "no list of errors"},
		"404 with half an error":   {answer: answer{404, json, []byte(`{"errors":[{"code":"1"}]}`)}, wrong: "title"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.spec.checkAnswer(c, tt.answer, tt.envelope)
			if tt.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.wrong)
		})
	}
}

func TestABreachOfTheSpecIsLoud(t *testing.T) {
	t.Parallel()
	tb := &recordingTB{}
	s := NewServer(WithTB(tb))
	r := httptest.NewRequest(http.MethodPost,
		"/v2/rooms/3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60/actions/generate_join_client_token", strings.NewReader(`{}`))
	c := s.arrive(r)
	a := s.checked(c, answer{201, http.Header{"Content-Type": {"application/json"}}, []byte(`{"data":{"token":5,"refresh_token":"PRIVATE"}}`)})

	require.Equal(t, http.StatusInternalServerError, a.status)
	require.Contains(t, string(a.body), "the fake's own answer breaks the spec")
	require.Contains(t, string(a.body), `"code":"10007"`)
	require.Len(t, tb.failures, 1)
	require.Contains(t, tb.failures[0], "CreateRoomClientToken: response body doesn't match schema")
	require.NotContains(t, tb.failures[0]+string(a.body), "PRIVATE")
	require.NoError(t, s.spec.checkAnswer(c, a, false), "the failure itself is in order")
}

func TestRefusalOfAnUnknownCodePanics(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, `roomtokenstest: no documented refusal has code "1"`, func() { refusalOf("1") })
}
