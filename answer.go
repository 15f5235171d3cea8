package roomtokens

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/secret"
)

// answer is the body of a response, read while its attempt lasted. It stands in for the body on the network, and keeps
// what has been read apart from what a caller of the generated client reads again.
type answer struct {
	bytes.Reader
	data     []byte
	err      error // what cut data short
	attempts int
	sent     time.Time // when the last attempt began
}

// errTooLarge cuts short an answer that is larger than any that the spec allows for.
var errTooLarge = errors.New("answer is larger than 1 MiB")

// readAnswer reads at most maxAnswerBytes of body, which a transport has decompressed, and closes it. length is what the
// sender announced, or negative.
func readAnswer(body io.ReadCloser, length int64) *answer {
	defer body.Close()
	data, err := readAll(body, length)
	if len(data) > maxAnswerBytes {
		data, err = data[:maxAnswerBytes], errTooLarge
	}
	a := &answer{data: data, err: err}
	a.Reset(data)
	return a
}

// readAll reads a little more than maxAnswerBytes at most. Where length is true, it is one read into a buffer of that size,
// and one that finds the end.
func readAll(r io.Reader, length int64) ([]byte, error) {
	const unknown = 4 << 10
	if length < 0 || length > maxAnswerBytes {
		length = unknown
	}
	data := make([]byte, 0, length+1)
	for len(data) <= maxAnswerBytes {
		if len(data) == cap(data) {
			data = slices.Grow(data, len(data))
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF { // as it is: one that is wrapped is a failure
			return data, nil
		}
		if err != nil {
			return data, err
		}
	}
	return data, nil
}

// Read implements io.Reader; where data was cut short, the reason takes the place of io.EOF.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if errors.Is(err, io.EOF) && a.err != nil {
		err = a.err
	}
	return n, err
}

// WriteTo implements io.WriterTo, with which io.Copy would otherwise pass Read by.
func (a *answer) WriteTo(w io.Writer) (int64, error) {
	n, err := a.Reader.WriteTo(w)
	if err == nil {
		err = a.err
	}
	return n, err
}

// Close implements io.Closer. The body on the network was closed when it had been read.
func (*answer) Close() error { return nil }

// head returns a copy of as much as an Error keeps.
func (a *answer) head() []byte {
	return bytes.Clone(a.data[:min(len(a.data), maxErrorBodyBytes)])
}

// receive decodes the documented 201 into out, whose client token is token. Everything else is an *Error, whose text is
// kept free of secrets.
func receive(operation string, resp *http.Response, out any, token *secret.String) error {
	body := resp.Body.(*answer)
	if resp.StatusCode/100 != 2 {
		return newError(operation, resp, body)
	}
	if reason := decode(resp, body, out, token); reason != "" || body.err != nil {
		err := newError(operation, resp, body)
		err.reason = reason
		return err
	}
	return nil
}

// decode says what about a 2xx breaks the spec, in words that quote nothing from the body.
func decode(resp *http.Response, body *answer, out any, token *secret.String) (reason string) {
	if resp.StatusCode != http.StatusCreated {
		return "status is not 201"
	}
	if !isJSON(resp.Header.Get("Content-Type")) {
		return "content type is not application/json"
	}
	if body.err != nil {
		return "body is cut short"
	}
	if err := json.Unmarshal(body.data, out); err != nil {
		if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
			return "body" + string(semantic.JSONPointer) + " is not of the type that the spec says"
		}
		return "body is not valid JSON"
	}
	if *token == "" {
		return "body/data/token is missing or empty"
	}
	return ""
}

func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/json")
}
