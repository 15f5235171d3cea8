package roomtokens

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// decodeProblems finds the reasons in the body of a refusal, in whichever form they came. What it does not understand it
// leaves out: a refusal stays a refusal without its reasons.
func decodeProblems(body []byte, scrub scrubber) []api.VideoError {
	var document map[string]any
	err := json.Unmarshal(body, &document, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil
	}
	found := []any{document}
	if envelope, ok := document["errors"].([]any); ok {
		found = envelope
	}
	var problems []api.VideoError
	for _, one := range found {
		if problem, ok := decodeProblem(scrub.value(one)); ok {
			problems = append(problems, problem)
		}
	}
	return problems
}

// decodeProblem reads a video_Error, a problem detail (RFC 9457) or a {"success", "message"} object.
func decodeProblem(value any) (problem api.VideoError, ok bool) {
	fields, ok := value.(map[string]any)
	if !ok {
		return problem, false
	}
	problem.Code = text(fields["code"])
	problem.Title = text(fields["title"])
	problem.Detail = text(fields["detail"])
	problem.Meta, _ = fields["meta"].(map[string]any)
	if problem.Title == "" {
		problem.Title = text(fields["message"])
	}
	if source, ok := fields["source"].(map[string]any); ok {
		problem.Source = api.VideoErrorSource{Pointer: text(source["pointer"]), Parameter: text(source["parameter"])}
	}
	return problem, problem.Code != "" || problem.Title != "" || problem.Detail != ""
}

// text reads a string, or a number as it was written: upstream's codes have been both.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// problemText joins what a problem says to one line of an error's text.
func problemText(p api.VideoError) string {
	out := strings.TrimSpace(p.Code + " " + p.Title)
	if p.Detail != "" {
		out += ": " + strings.TrimSuffix(p.Detail, ".")
	}
	if where := p.Source.Pointer + p.Source.Parameter; where != "" {
		out += " (" + where + ")"
	}
	return out
}

// jwtPattern matches a JWT in compact form, whole or cut: base64url of a JSON object begins so.
var jwtPattern = regexp.MustCompile(`eyJ[\w-]{8,}(\.[\w-]*){0,2}`)

// scrubber takes the secrets of one request out of what came back, since a server may echo them.
type scrubber []string

func newScrubber(req *http.Request) scrubber {
	var s scrubber
	if apiKey, _ := strings.CutPrefix(req.Header.Get("Authorization"), bearer); apiKey != "" {
		s = append(s, apiKey)
	}
	if refreshToken := refreshTokenOf(req); refreshToken != "" {
		s = append(s, refreshToken)
	}
	return s
}

// refreshTokenOf reads it from the body of a request, where that can be read again.
func refreshTokenOf(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	body, err := req.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	var params api.RefreshRoomClientTokenRequest
	if err := json.UnmarshalRead(body, &params); err != nil {
		return ""
	}
	return string(params.RefreshToken)
}

// error returns err, or where its text holds a secret, an error that has the text without it and nothing else of err.
func (s scrubber) error(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	clean := s.text(said)
	if clean == said {
		return err
	}
	return errors.New(oneLine(clean, maxErrorTextBytes))
}

func (s scrubber) text(text string) string {
	redacted := secret.String("").String()
	for _, known := range s {
		text = strings.ReplaceAll(text, known, redacted)
	}
	return jwtPattern.ReplaceAllLiteralString(text, redacted)
}

// value scrubs what encoding/json makes of a document, in depth.
func (s scrubber) value(value any) any {
	switch v := value.(type) {
	case string:
		return s.text(v)
	case []any:
		for i := range v {
			v[i] = s.value(v[i])
		}
	case map[string]any:
		scrubbed := make(map[string]any, len(v))
		for name, field := range v {
			scrubbed[s.text(name)] = s.value(field)
		}
		return scrubbed
	}
	return value
}
