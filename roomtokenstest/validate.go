package roomtokenstest

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// Names of the spec that the server refers to in its refusals.
const (
	roomParameter     = "room_id"
	refreshTokenField = "refresh_token"
)

// loadSpec parses the spec when it is first needed, once per process: that takes milliseconds.
var loadSpec = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(roomtokens.Spec())
	if err != nil {
		panic("roomtokenstest: openapi.yaml: " + err.Error())
	}
	return doc
})

// serverPath is the path of the spec's server.
func serverPath() string {
	server, err := url.Parse(api.ServerURL)
	if err != nil {
		panic("roomtokenstest: openapi.yaml: " + err.Error())
	}
	return server.Path
}

// bodySchema returns the schema of an operation's request body.
func bodySchema(operation api.Operation) *openapi3.Schema {
	spec := loadSpec().Paths.Value(operation.Path()).GetOperation(operation.Method())
	return spec.RequestBody.Value.Content.Get("application/json").Schema.Value
}

// validate checks the room's id and the body against the spec, and returns the fields of the body.
func (c *call) validate() (map[string]any, *refusal) {
	if c.room() == uuid.Nil && c.request.PathValue(roomParameter) != uuid.Nil.String() {
		return nil, newRefusal(http.StatusUnprocessableEntity, invalidID, "The id is not a UUID.").atRoom()
	}
	if len(c.body) == 0 {
		return nil, newRefusal(http.StatusUnprocessableEntity, missingParameter, "The body is missing.")
	}
	if refused := checkContent(c.request.Header); refused != nil {
		return nil, refused
	}
	var value any
	if err := json.Unmarshal(c.body, &value); err != nil {
		return nil, notJSON(err)
	}
	err := bodySchema(c.operation).VisitJSON(value, openapi3.DisableSchemaErrorDetails()) // details quote values
	if err != nil {
		return nil, notAllowed(err)
	}
	fields, _ := value.(map[string]any)
	return fields, nil
}

// checkContent refuses what is compressed, is not JSON, or is not in UTF-8 (RFC 8259, section 8.1).
func checkContent(header http.Header) *refusal {
	const unsupported = http.StatusUnsupportedMediaType
	if header.Get("Content-Encoding") != "" {
		return newRefusal(unsupported, badRequest, "The body has a Content-Encoding.")
	}
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return newRefusal(unsupported, badRequest, "The body is not application/json.")
	}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8":
		return nil
	}
	return newRefusal(http.StatusBadRequest, badRequest, "The charset of the body is not UTF-8.")
}

// notJSON says where the body is not JSON, or has a number that is out of range. It quotes nothing of the body.
func notJSON(err error) *refusal {
	if number, ok := errors.AsType[*json.SemanticError](err); ok {
		refused := newRefusal(http.StatusUnprocessableEntity, badRequest, "The number is out of range.")
		return refused.at(string(number.JSONPointer))
	}
	detail := "The body is not valid JSON"
	if errors.Is(err, jsontext.ErrDuplicateName) {
		detail = "The body has a name twice in an object"
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		detail += ", at byte " + strconv.FormatInt(syntax.ByteOffset, 10)
	}
	return newRefusal(http.StatusBadRequest, badRequest, detail+".")
}

// notAllowed turns an error of the schema into a refusal.
func notAllowed(err error) *refusal {
	schema, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		return newRefusal(http.StatusUnprocessableEntity, badRequest, "The body is not as the spec says.")
	}
	code := badRequest
	if schema.SchemaField == "required" {
		code = missingParameter
	}
	var pointer jsontext.Pointer
	for _, name := range schema.JSONPointer() {
		pointer = pointer.AppendToken(name)
	}
	return newRefusal(http.StatusUnprocessableEntity, code, schema.Reason).at(string(pointer))
}
