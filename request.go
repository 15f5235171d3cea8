package roomtokens

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// requestTemplate is the request of one operation as the generated client builds it. Each call copies it and fills in
// the room and the body: building it anew would parse the base URL and style the path for every call.
type requestTemplate struct {
	operation api.Operation
	request   *http.Request
	// The path around the room, decoded and, where that differs, encoded.
	path, rawPath pathAround
}

type pathAround struct{ before, after string }

// newRequestTemplate takes a request that the generated client has built for uuid.Max as its room.
func (d *doer) newRequestTemplate(req *http.Request, err error) (*requestTemplate, error) {
	if err != nil {
		return nil, err
	}
	if err := d.prepare(req.Context(), req); err != nil {
		return nil, err
	}
	return &requestTemplate{
		operation: operationOf(req), request: req,
		path: aroundRoom(req.URL.Path), rawPath: aroundRoom(req.URL.RawPath),
	}, nil
}

// aroundRoom cuts the template's room out of a path: the last one, since the base URL may hold another.
func aroundRoom(path string) pathAround {
	room := uuid.Max.String()
	i := strings.LastIndex(path, room)
	if i < 0 {
		return pathAround{}
	}
	return pathAround{path[:i], path[i+len(room):]}
}

// requestBody is a generated type of a request body.
type requestBody interface{ Validate() error }

// newRequest returns the request for a room, with params as its body, or with none where params is nil.
func (t *requestTemplate) newRequest(
	ctx context.Context, roomID uuid.UUID, params requestBody,
) (*http.Request, error) {
	if roomID == uuid.Nil {
		return nil, invalid("room_id is the nil UUID")
	}
	req := t.request.WithContext(ctx)
	url, room := *req.URL, roomID.String()
	url.Path = t.path.before + room + t.path.after
	if url.RawPath != "" {
		url.RawPath = t.rawPath.before + room + t.rawPath.after
	}
	req.URL = &url
	if params == nil {
		return req, nil
	}
	if err := params.Validate(); err != nil {
		return nil, invalid("%v", err)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, invalid("body cannot be encoded as JSON, which takes UTF-8 only")
	}
	setBody(req, body)
	return req, nil
}

// setBody lets each attempt take body anew from GetBody.
func setBody(req *http.Request, body []byte) {
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) {
		b := &bodyReader{}
		b.Reset(body)
		return b, nil
	}
}

// bodyReader is one allocation, where io.NopCloser around a bytes.Reader is two.
type bodyReader struct{ bytes.Reader }

// Close implements io.Closer.
func (*bodyReader) Close() error { return nil }

// prepare is the first editor of every request that the generated client makes.
func (d *doer) prepare(_ context.Context, req *http.Request) error {
	*req = *withOperation(req, operationOf(req))
	for name, value := range d.headers {
		req.Header.Set(name, value)
	}
	return nil
}

// edit runs the editors of the client, and then those of the call, on the request for an operation.
func edit(req *http.Request, operation api.Operation, ofClient, ofCall []api.RequestEditorFn) error {
	if len(ofClient)+len(ofCall) == 0 {
		return nil
	}
	*req = *withOperation(req, operation)
	req.Header = req.Header.Clone()
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	for _, editor := range slices.Concat(ofClient, ofCall) {
		if editor == nil {
			return invalid("request editor is nil")
		}
		if err := editor(req.Context(), req); err != nil {
			return fmt.Errorf("request editor: %w", withContextError(req.Context(), err))
		}
	}
	return takeOver(req)
}

// takeOver checks a request that editors have had, and reads its body: a retry sends what they made of it.
func takeOver(req *http.Request) error {
	var body []byte
	var err error
	if req.Body != nil {
		defer req.Body.Close()
		body, err = io.ReadAll(io.LimitReader(req.Body, maxBodyBytes+1))
	}
	switch {
	case err != nil:
		return fmt.Errorf("request body: %w", err)
	case len(body) > maxBodyBytes:
		return invalid("request body is larger than 1 MiB")
	case req.URL == nil:
		return invalid("a request editor has removed the URL")
	case req.Header == nil:
		return invalid("a request editor has removed the header")
	}
	if reason := unsafeEndpoint(req.URL); reason != "" {
		return invalid("the URL that a request editor made %s", reason)
	}
	req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	if len(body) > 0 {
		setBody(req, body)
	}
	return nil
}
