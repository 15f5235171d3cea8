package roomtokens

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// requestBody is a generated type of a request body.
type requestBody interface{ Validate() error }

// newRequest returns the request of an operation that takes a room and a body. It is the one that the generated builder
// makes, without parsing the base URL and styling the room for each call.
func (c *Client) newRequest(
	ctx context.Context, operation api.Operation, roomID uuid.UUID, params requestBody,
) (*http.Request, error) {
	if roomID == uuid.Nil {
		return nil, invalid("room_id is the nil UUID")
	}
	if err := params.Validate(); err != nil {
		return nil, invalid("%v", err)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, invalid("body cannot be encoded as JSON, which takes UTF-8 only")
	}
	req := http.Request{
		Method: operation.Method(), URL: c.operationURL(operation, roomID), Host: c.baseURL.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.sender.header, // shared: edit and each attempt take a copy
	}
	setBody(&req, body)
	return req.WithContext(ctx), nil
}

// operationURL appends the operation's path to the base URL. Neither path template nor room holds anything to escape.
func (c *Client) operationURL(operation api.Operation, roomID uuid.UUID) *url.URL {
	before, after, _ := strings.Cut(operation.Path(), "{room_id}")
	before, room := strings.TrimPrefix(before, "/"), roomID.String()
	u := *c.baseURL
	u.Path += before + room + after
	if u.RawPath != "" {
		u.RawPath += before + room + after
	}
	return &u
}

// setBody lets each attempt take body anew from GetBody. Its type is one that net/http knows to be in memory, and so
// sends in one packet with the header.
func setBody(req *http.Request, body []byte) {
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// edit runs the editors of the client, and then those of the call, on the request for an operation.
func (c *Client) edit(req *http.Request, operation api.Operation, ofCall []api.RequestEditorFn) error {
	if len(c.editors)+len(ofCall) == 0 {
		return nil
	}
	recordOperation(req, operation)
	req.Header = req.Header.Clone()
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	for _, editor := range slices.Concat(c.editors, ofCall) {
		if editor == nil {
			return invalid("request editor is nil")
		}
		if err := editor(req.Context(), req); err != nil {
			return fmt.Errorf("request editor: %w", contextError(req.Context(), err))
		}
	}
	return c.sender.checkEdited(req)
}

// checkEdited checks a request that editors may have changed, and reads its body, so that each attempt can send it.
func (cfg *config) checkEdited(req *http.Request) error {
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
	if reason := cfg.unsafeEndpoint(req.URL); reason != "" {
		return invalid("the URL that a request editor made %s", reason)
	}
	req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	if len(body) > 0 {
		setBody(req, body)
	}
	return nil
}
