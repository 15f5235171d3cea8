package roomtokens

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

const (
	// maxProblemBytes is how long a body may be in which problems are looked for.
	maxProblemBytes = 64 << 10
	// maxProblems is how many of them an Error has, and maxProblemTextBytes how much of each of their texts it keeps if
	// the body is longer than what it keeps of that.
	maxProblems         = 10
	maxProblemTextBytes = 300
)

// problemsOf returns what the body says: the problems in it and, where they say no more than a code, its text. It is
// redacted before it is decoded.
func problemsOf(result *exchange.Result, redact redactor) (problems []api.VideoError, text string) {
	if len(result.Body) > maxProblemBytes {
		return nil, ""
	}
	const byteOrderMark = "\uFEFF"
	body := redact.text(strings.TrimSpace(strings.TrimPrefix(string(result.Body), byteOrderMark)))
	problems = decodeProblems(body)
	if len(result.Body) > maxErrorBodyBytes {
		shorten(problems)
	}
	if len(problems) > 0 && problems[0].Title+problems[0].Detail != "" || !isShowable(result, body) {
		return problems, ""
	}
	return problems, oneLine(body, maxErrorTextBytes)
}

// isShowable reports whether an error may show the body. A 2xx may hold a new token; a body that was cut short may end
// within a secret, which is not recognised then; HTML and binary data say little in one line.
func isShowable(result *exchange.Result, body string) bool {
	if result.Status()/100 == 2 || result.Err != nil {
		return false
	}
	contentType := strings.ToLower(result.Header().Get("Content-Type"))
	if strings.HasPrefix(contentType, "text/html") || strings.HasPrefix(body, "<") {
		return false
	}
	return utf8.ValidString(body) && !strings.ContainsFunc(body, isBinary)
}

func isBinary(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

// decodeProblems finds the reasons in the body of a refusal. What it does not understand it leaves out.
func decodeProblems(body string) []api.VideoError {
	var document map[string]any
	err := json.Unmarshal([]byte(body), &document, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil
	}
	found := []any{document}
	if envelope, ok := document["errors"].([]any); ok {
		found = envelope
	}
	var problems []api.VideoError
	for _, one := range found[:min(len(found), maxProblems)] {
		if problem, ok := decodeProblem(one); ok {
			problems = append(problems, problem)
		}
	}
	return problems
}

// shorten has problems hold little of a long body.
func shorten(problems []api.VideoError) {
	for i := range problems {
		p := &problems[i]
		p.Meta = nil
		for _, text := range []*string{&p.Code, &p.Title, &p.Detail, &p.Source.Pointer, &p.Source.Parameter} {
			*text = strings.ToValidUTF8(strings.Clone((*text)[:min(len(*text), maxProblemTextBytes)]), "")
		}
	}
}

// decodeProblem reads a video_Error, a problem detail (RFC 9457) or a {"success", "message"} object.
func decodeProblem(value any) (problem api.VideoError, ok bool) {
	fields, ok := value.(map[string]any)
	if !ok {
		return problem, false
	}
	problem.Code = asString(fields["code"])
	problem.Title = cmp.Or(asString(fields["title"]), asString(fields["message"]))
	problem.Detail = asString(fields["detail"])
	problem.Meta, _ = fields["meta"].(map[string]any)
	if source, ok := fields["source"].(map[string]any); ok {
		problem.Source = api.VideoErrorSource{
			Pointer: asString(source["pointer"]), Parameter: asString(source["parameter"]),
		}
	}
	return problem, problem.Code != "" || problem.Title != "" || problem.Detail != ""
}

// asString reads a string or a number: upstream's codes have been both.
func asString(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		text, _ := json.Marshal(v) // as JSON writes it, 1e+300 has six characters
		return string(text)
	}
	return ""
}

// problemText joins what the first problem says to one line of an error's text.
func problemText(problems []api.VideoError) string {
	p := problems[0]
	out := strings.TrimSpace(p.Code + " " + p.Title)
	if p.Detail != "" {
		out += ": " + strings.TrimSuffix(p.Detail, ".")
	}
	if where := p.Source.Pointer + p.Source.Parameter; where != "" {
		out += " (" + where + ")"
	}
	out = strings.TrimPrefix(out, ": ")
	if more := len(problems) - 1; more > 0 {
		out += fmt.Sprintf(" (and %d more)", more)
	}
	return out
}
