package roomtokens

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/api"
)

// maxBodyBytes is how much of a response's body is read, after decompression, and of a request's that an editor
// replaced. A create response is about 1.5 KB.
const maxBodyBytes = 1 << 20

// errTooLarge ends the reading of a response.
var errTooLarge = errors.New("response is larger than 1 MiB")

// response is the outcome of an attempt: a response whose body has been read, or an error in its place.
type response struct {
	operation api.Operation
	attempts  int
	request   *http.Request  // of the attempt
	http      *http.Response // nil where there was none
	body      []byte
	err       error // why there was no response, or what cut its body short

	authorization      string   // as it was sent
	secrets            []string // that earlier attempts sent
	sentAt, receivedAt time.Time
}

// status returns the HTTP status, or zero where there was no response.
func (r *response) status() int {
	if r.http == nil {
		return 0
	}
	return r.http.StatusCode
}

func (r *response) header() http.Header {
	if r.http == nil {
		return nil
	}
	return r.http.Header
}

// orError returns r, or an *Error where there was no response.
func (r *response) orError() (*response, error) {
	if r.http == nil {
		return nil, newError(r)
	}
	return r, nil
}

// readBody reads at most maxBodyBytes of resp's body and closes it. What follows the header of a 101 (Switching
// Protocols) is no body, and no context would end its reading.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil
	}
	size := 2 << 10 // enough for most, so that there is one allocation, whatever a server announces
	if length := resp.ContentLength; 0 <= length && length <= 1<<10 {
		size = int(length) + bytes.MinRead
	}
	var body bytes.Buffer
	body.Grow(size)
	n, err := body.ReadFrom(io.LimitReader(resp.Body, maxBodyBytes+1))
	if n > maxBodyBytes {
		return body.Bytes()[:maxBodyBytes], errTooLarge
	}
	return body.Bytes(), err
}

// replay returns r for a caller of the generated client: the body can be read once more, and ends in r.err if it was
// cut short.
func (r *response) replay() *http.Response {
	resp := *r.http
	resp.Request = r.request
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(r.body), errorReader{r.err}))
	return &resp
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, cmp.Or(r.err, io.EOF) }

// decode decodes the success response that the spec documents into out. Everything else is an *Error.
func (r *response) decode(out any) error {
	if r.status()/100 != 2 {
		return newError(r)
	}
	if reason := r.decodeSuccess(out); reason != "" {
		return r.invalid(reason)
	}
	return nil
}

// decodeSuccess says what about a 2xx breaks the spec, in words that quote nothing from the body.
func (r *response) decodeSuccess(out any) (reason string) {
	if want := r.operation.SuccessStatus(); r.status() != want {
		return "status is not " + strconv.Itoa(want)
	}
	if !isJSON(r.header().Get("Content-Type")) {
		return "content type is not JSON"
	}
	if r.err != nil {
		return "body is cut short"
	}
	if err := json.Unmarshal(r.body, out); err != nil {
		if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
			return "body" + string(semantic.JSONPointer) + " is not of the type that the spec says"
		}
		return "body is not valid JSON"
	}
	return ""
}

// invalid returns the error for a 2xx that breaks the spec.
func (r *response) invalid(reason string) error {
	err := newError(r)
	err.reason = reason
	return err
}

// isJSON reports whether a media type is application/json or has the suffix +json (RFC 6839).
func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}
