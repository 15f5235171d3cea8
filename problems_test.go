package roomtokens_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	const authorization = `"code":"10010","title":"Authorization failed"`
	forbidden := []api.VideoError{{Code: "10010", Title: "Authorization failed"}}
	second := api.VideoError{Code: "2"}
	for name, row := range map[string]struct {
		body string
		want []api.VideoError
	}{
		"envelope":         {`{"errors":[{` + authorization + `},{"code":"2"}]}`, append(forbidden, second)},
		"bare video_Error": {`{` + authorization + `}`, forbidden},
		"every field": {
			`{"code":"1","title":"t","detail":"d","source":{"pointer":"/a","parameter":"b"},"meta":{"url":"u"}}`,
			[]api.VideoError{{
				Code: "1", Title: "t", Detail: "d", Meta: map[string]any{"url": "u"},
				Source: api.VideoErrorSource{Pointer: "/a", Parameter: "b"},
			}},
		},
		"code as a number":    {`{"errors":[{"code":123456789}]}`, []api.VideoError{{Code: "123456789"}}},
		"enormous code":       {`{"code":1e300}`, []api.VideoError{{Code: "1e+300"}}},
		"fractional code":     {`{"code":1.5}`, []api.VideoError{{Code: "1.5"}}},
		"code alone":          {`{"code":"10010"}`, []api.VideoError{{Code: "10010"}}},
		"detail alone":        {`{"detail":"No."}`, []api.VideoError{{Detail: "No."}}},
		"success and message": {`{"success":false,"message":"It broke"}`, []api.VideoError{{Title: "It broke"}}},
		"problem details": {
			`{"type":"about:blank","title":"Bad Gateway","status":502,"detail":"upstream"}`,
			[]api.VideoError{{Title: "Bad Gateway", Detail: "upstream"}},
		},
		"fields of the wrong type":   {`{` + authorization + `,"detail":[1],"source":"x","meta":3}`, forbidden},
		"problems of the wrong type": {`{"errors":["x",null,{},{` + authorization + `}]}`, forbidden},
		"duplicate names":            {`{"code":"1",` + authorization + `}`, forbidden},
		"after a byte order mark":    {"\uFEFF{" + authorization + "}", forbidden},
		"truncated":                  {`{` + authorization, nil},
		"empty":                      {``, nil},
		"null":                       {`null`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := refusal(t, respond(http.StatusForbidden, "", row.body))
			require.Equal(t, row.want, err.Problems)
			require.Equal(t, row.body, string(err.Body()))
		})
	}
}

// TestProblemsInDepth has a document about as deep as the decoder takes.
func TestProblemsInDepth(t *testing.T) {
	t.Parallel()
	const depth = 4000
	err := refusal(t, respond(http.StatusForbidden, "application/json",
		`{"title":"deep","meta":`+strings.Repeat(`{"a":[`, depth)+strings.Repeat(`]}`, depth)+`}`))
	require.Len(t, err.Problems, 1)
	require.Equal(t, "deep", err.Problems[0].Title)
}

func TestBodyInAnErrorText(t *testing.T) {
	t.Parallel()
	const mark = "\uFEFF" // byte order mark
	const asIs = "as it is"
	for name, row := range map[string]struct{ contentType, body, want string }{
		"known form":            {"text/html", `{"title":"No such room"}`, ": No such room"},
		"detail alone":          {"", `{"detail":"Not found."}`, ": Not found"},
		"code and another form": {"", `{"code":5,"error":"No such room"}`, `: 5: {"code":5,"error":"No such room"}`},
		"several lines":         {"application/json", mark + "[\r\n  \"No\u202e room\"\n]\n", `: [ "No room" ]`},
		"longest":               {"text/plain", strings.Repeat("x", 250), ": " + strings.Repeat("x", 250)},
		"too long":              {"text/plain", strings.Repeat("x", 64<<10), ": " + strings.Repeat("x", 247) + "…"},
		"problem too long":      {"", `{"title":"` + strings.Repeat("x", 64<<10) + `"}`, ""},
		"text too long":         {"text/plain", strings.Repeat("x", 64<<10+1), ""},
		"white space":           {"text/plain", " \r\n", ""},
		"HTML":                  {"text/html; charset=utf-8", "502 <b>Bad Gateway</b>", ""},
		"HTML in capitals":      {"Text/HTML", "Bad Gateway", ""},
		"HTML by its looks":     {"", mark + "\r\n<center>Bad Gateway</center>", ""},
		"PNG":                   {"text/plain", "\x89PNG", ""},
		"Protocol Buffers":      {"text/plain", "\x08\x05\x12\x0cNo such room", ""},
		"UTF-16":                {"text/plain", "N\x00o\x00", ""},

		// What gateways and frameworks send in forms that Problems does not know:
		"Phoenix":           {"", `{"errors":{"detail":"No such room"}}`, asIs},
		"list of strings":   {"", `{"errors":["No such room"]}`, asIs},
		"map of fields":     {"", `{"errors":{"room_id":["No such room"]}}`, asIs},
		"error":             {"", `{"error":"No such room"}`, asIs},
		"error and message": {"", `{"error":{"message":"No such room"}}`, asIs},
		"OAuth 2.0":         {"", `{"error":"invalid_request","error_description":"No such room"}`, asIs},
		"AWS":               {"", `{"Message":"No such room"}`, asIs},
		"bare list":         {"", `["No such room"]`, asIs},
		"bare string":       {"", `"No such room"`, asIs},
		"FastAPI":           {"", `{"detail":[{"loc":["path","room_id"],"msg":"No such room"}]}`, asIs},
		"Envoy":             {"", `upstream connect error or disconnect/reset before headers. reset reason: overflow`, asIs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if row.want == asIs {
				row.want = ": " + row.body
			}
			text := refusal(t, respond(http.StatusNotFound, row.contentType, row.body)).Error()
			require.Equal(t, "roomtokens: CreateRoomClientToken: 404 Not Found"+row.want, text)
		})
	}
}
