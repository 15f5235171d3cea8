package roomtokens

import (
	"bytes"
	"cmp"
	"io"
	"net/http"

	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// generatedDoer sends the requests of the generated client.
type generatedDoer struct {
	endpoints
	sender *exchange.Sender
}

// Do implements api.HttpRequestDoer.
func (d generatedDoer) Do(req *http.Request) (*http.Response, error) {
	operation := operationOf(req)
	err := d.checkEdited(req, operation)
	if err == nil && operation == "" {
		err = errUnknownOperation()
	}
	if err != nil {
		return nil, wrapError(cmp.Or(operation, "API"), err)
	}
	result, err := send(d.sender, req, exchange.Call{Operation: operation})
	if err != nil {
		return nil, err
	}
	return replay(result), nil
}

// replay returns the response for a caller of the generated client: the body can be read once more, and ends in the
// error that cut it short.
func replay(result *exchange.Result) *http.Response {
	resp := *result.Response
	resp.Request = result.Request
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(result.Body), errorReader{result.Err}))
	return &resp
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, cmp.Or(r.err, io.EOF) }
