package roomtokens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// maxRequestBytes is how large the body of a request may be that an editor or a caller of the generated client made.
const maxRequestBytes = 1 << 20

// requestBuilder makes the requests of the wrappers.
type requestBuilder struct {
	endpoints
	baseURL *url.URL              // with a slash at the end of its path
	header  http.Header           // of a JSON body
	editors []api.RequestEditorFn // of every call
}

// newRequestBuilder returns a builder of requests below server, as api.NewClient has it.
func newRequestBuilder(cfg *config, server string) (requestBuilder, error) {
	u, err := url.Parse(server)
	if err != nil {
		return requestBuilder{}, err
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // which http.NewRequest drops too
	u, err = u.Parse("./")
	return requestBuilder{cfg.endpoints, u, http.Header{"Content-Type": {"application/json"}}, cfg.editors}, err
}

// requestBody is a generated type of a request body.
type requestBody interface{ Validate() error }

// newRequest returns the request of an operation that takes a room and a body. It is the one that the generated builder
// makes, without parsing the base URL and styling the room for each call.
func (b *requestBuilder) newRequest(
	ctx context.Context, operation api.Operation, roomID uuid.UUID, params requestBody,
) (*http.Request, error) {
	if err := checkRoom(operation, roomID); err != nil {
		return nil, err
	}
	if err := checkParams(operation, params); err != nil {
		return nil, err
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, &InvalidRequestError{operation, "", "body cannot be encoded as JSON, which takes UTF-8 only"}
	}
	req := http.Request{
		Method: operation.Method(), URL: b.operationURL(operation, roomID), Host: b.baseURL.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: b.header, // shared: edit and each attempt take a copy
	}
	setBody(&req, body)
	return req.WithContext(ctx), nil
}

// checkRoom refuses what a caller has who has no room.
func checkRoom(operation api.Operation, roomID uuid.UUID) error {
	if roomID == uuid.Nil {
		return &InvalidRequestError{operation, "room_id", "room_id is the nil UUID"}
	}
	return nil
}

// checkParams holds a body against the bounds of the spec.
func checkParams(operation api.Operation, params requestBody) error {
	err := params.Validate()
	if invalid, ok := errors.AsType[*api.ParameterError](err); ok {
		return &InvalidRequestError{operation, invalid.Parameter, invalid.Reason}
	}
	return err
}

// operationURL appends the operation's path to the base URL. Neither path template nor room holds anything to escape.
func (b *requestBuilder) operationURL(operation api.Operation, roomID uuid.UUID) *url.URL {
	before, after, _ := strings.Cut(operation.Path(), "{room_id}")
	before, room := strings.TrimPrefix(before, "/"), roomID.String()
	u := *b.baseURL
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

// edit runs the editors of the client, and then those of the call, on the request of an operation.
func (b *requestBuilder) edit(req *http.Request, operation api.Operation, ofCall []api.RequestEditorFn) error {
	if len(b.editors)+len(ofCall) == 0 {
		return nil
	}
	req.Header = req.Header.Clone()
	if req.GetBody != nil {
		req.Body, _ = req.GetBody()
	}
	for _, editor := range slices.Concat(b.editors, ofCall) {
		if editor == nil {
			return &InvalidRequestError{operation, "", "request editor is nil"}
		}
		if err := editor(req.Context(), req); err != nil {
			return fmt.Errorf("request editor: %w", exchange.ContextError(req.Context(), err))
		}
	}
	return b.checkEdited(req, operation)
}

// checkEdited checks a request that editors may have changed, and reads its body, so that each attempt can send it.
func (e endpoints) checkEdited(req *http.Request, operation api.Operation) error {
	var body []byte
	var err error
	if req.Body != nil {
		defer req.Body.Close()
		body, err = io.ReadAll(io.LimitReader(req.Body, maxRequestBytes+1))
	}
	if err != nil {
		return fmt.Errorf("request body: %w", err)
	}
	if reason := e.unsendable(req, len(body)); reason != "" {
		return &InvalidRequestError{operation, "", reason}
	}
	req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	if len(body) > 0 {
		setBody(req, body)
	}
	return nil
}

// unsendable says why a request that editors may have changed is not sent; "" where it is.
func (e endpoints) unsendable(req *http.Request, bodyBytes int) (reason string) {
	switch {
	case bodyBytes > maxRequestBytes:
		return "request body is larger than 1 MiB"
	case req.URL == nil:
		return "a request editor has removed the URL"
	case req.Header == nil:
		return "a request editor has removed the header"
	}
	if reason := e.unsafe(req.URL); reason != "" {
		return "the URL that a request editor made " + reason
	}
	return ""
}
