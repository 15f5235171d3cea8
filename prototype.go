package roomtokens

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// prototype is the request of one operation as the generated client builds it, but for the room and the body, which differ
// from call to call. Building it once saves each call from parsing the base URL and styling the path again.
type prototype struct {
	doer    *doer
	editors []api.RequestEditorFn
	request *http.Request
	// The path before and after the room, decoded and, where that differs, as it is to be sent.
	path, rawPath [2]string
}

// requestBuilder is what the generated code has for each operation.
type requestBuilder func(server string, roomID uuid.UUID, contentType string, body io.Reader) (*http.Request, error)

func newPrototype(doer *doer, client *api.Client, build requestBuilder) (*prototype, error) {
	placeholder := uuid.Max
	req, err := build(client.Server, placeholder, "application/json", nil)
	if err != nil {
		return nil, err
	}
	doer.setDefaults(req.Header)
	return &prototype{
		doer: doer, editors: client.RequestEditors, request: req,
		path: around(req.URL.Path, placeholder.String()), rawPath: around(req.URL.RawPath, placeholder.String()),
	}, nil
}

// around returns what stands before and after the last occurrence of part in path.
func around(path, part string) [2]string {
	at := strings.LastIndex(path, part)
	if at < 0 {
		return [2]string{}
	}
	return [2]string{path[:at], path[at+len(part):]}
}

// send makes the request for roomID with params as its body, and sends it as the generated client would.
func (p *prototype) send(ctx context.Context, roomID uuid.UUID, params any) (*http.Response, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, invalid("body cannot be encoded as JSON")
	}
	req := p.request.WithContext(ctx)
	url := *req.URL
	url.Path = p.path[0] + roomID.String() + p.path[1]
	if url.RawPath != "" {
		url.RawPath = p.rawPath[0] + roomID.String() + p.rawPath[1]
	}
	req.URL = &url
	if len(p.editors) > 0 {
		req.Header = req.Header.Clone()
	} else {
		req.Header = maps.Clone(req.Header) // the values stay shared: nobody changes one in place
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, _ = req.GetBody()
	for _, edit := range p.editors {
		if err := edit(ctx, req); err != nil {
			return nil, fmt.Errorf("request editor: %w", err)
		}
	}
	return p.doer.send(req)
}
