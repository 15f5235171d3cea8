package roomtokenstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/secret"
)

// input is what a valid request asks for, with the spec's defaults where it leaves something open.
type input struct {
	apiKey          secret.String // on create
	room            uuid.UUID
	tokenTTL        time.Duration
	refreshTokenTTL time.Duration // on create
	refreshToken    secret.String // on refresh
}

// refreshTokenField is the field of the body that holds a refresh token.
const refreshTokenField = "refresh_token"

// errUnknownKey is what the security check of the spec comes to without a valid API key.
var errUnknownKey = errors.New("unknown API key")

// validate holds the request against the spec.
func (s *Server) validate(c *call) (*input, *refusal) {
	in := &input{room: c.room()}
	filter := &openapi3filter.RequestValidationInput{
		Request: c.request, Route: c.route, PathParams: c.params,
		Options: filterOptions(func(_ context.Context, auth *openapi3filter.AuthenticationInput) error {
			key, ok := s.keys.find(auth.RequestValidationInput.Request.Header.Get("Authorization"))
			if !ok {
				return errUnknownKey
			}
			in.apiKey = key
			return nil
		}),
	}
	if err := openapi3filter.ValidateRequest(c.request.Context(), filter); err != nil {
		return nil, c.refusal(err)
	}
	// The library takes the first value for the body and looks no further.
	if !json.Valid(c.body) {
		return nil, refusalOf(CodeBadRequest)
	}
	in.fill(c.request.Body.(interface{ ValidatedValue() any }).ValidatedValue().(map[string]any), c.schema())
	return in, nil
}

// schema is that of the operation's request body.
func (c *call) schema() *openapi3.Schema {
	return c.route.Operation.RequestBody.Value.Content.Get("application/json").Schema.Value
}

// fill takes over a body that the schema allows.
func (in *input) fill(fields map[string]any, schema *openapi3.Schema) {
	in.tokenTTL = lifetime(fields, schema, "token_ttl_secs")
	in.refreshTokenTTL = lifetime(fields, schema, "refresh_token_ttl_secs")
	token, _ := fields[refreshTokenField].(string)
	in.refreshToken = secret.String(token)
}

// lifetime reads an integer as JSON may write it, 60, 60.0 or 6e1, or else takes the default.
func lifetime(fields map[string]any, schema *openapi3.Schema, name string) time.Duration {
	value, given := fields[name]
	if property := schema.Properties[name]; property != nil && !given {
		value = property.Value.Default
	}
	n, _ := strconv.ParseFloat(fmt.Sprint(value), 64)
	return time.Duration(n) * time.Second
}

// refusal puts what the library found in Telnyx's terms. Its texts are not used, where they could quote the body.
func (c *call) refusal(err error) *refusal {
	if _, ok := errors.AsType[*openapi3filter.SecurityRequirementsError](err); ok {
		return refusalOf(CodeAuthenticationFailed)
	}
	request, ok := errors.AsType[*openapi3filter.RequestError](err)
	if !ok {
		return refusalOf(CodeBadRequest)
	}
	schema, isSchema := errors.AsType[*openapi3.SchemaError](err)
	switch {
	case request.Parameter != nil:
		r := refusalOf(CodeInvalidID)
		r.problem.Source.Parameter = request.Parameter.Name
		return r
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return refusalOf(CodeMissingParameter).because(http.StatusUnprocessableEntity, "The body is missing.")
	case request.RequestBody.Content.Get(c.request.Header.Get("Content-Type")) == nil:
		return refusalOf(CodeBadRequest).because(http.StatusUnsupportedMediaType, "The body is not application/json.")
	case !isSchema || !json.Valid(c.body):
		return refusalOf(CodeBadRequest)
	case schema.SchemaField == "required":
		return refusalOf(CodeMissingParameter).because(http.StatusUnprocessableEntity, schema.Reason).at(pointer(schema))
	}
	return refusalOf(CodeBadRequest).because(http.StatusUnprocessableEntity, schema.Reason).at(pointer(schema))
}

// pointer is where in the body the schema was not met (RFC 6901).
func pointer(err *openapi3.SchemaError) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, token := range err.JSONPointer() {
		b.WriteString("/" + escape.Replace(token))
	}
	return b.String()
}

// checkAnswer holds one of the server's own answers against the spec: the body of a status that the spec lists, or else a
// refusal in an envelope.
func (sp *spec) checkAnswer(c *call, a answer, forbiddenEnvelope bool) error {
	listed := c.route != nil && c.route.Operation.Responses.Status(a.status) != nil
	if listed && (a.status != http.StatusForbidden || !forbiddenEnvelope) {
		options := filterOptions(nil)
		return openapi3filter.ValidateResponse(c.request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: c.request, Route: c.route},
			Status:                 a.status, Header: a.header, Options: options,
			Body: io.NopCloser(bytes.NewReader(a.body)),
		})
	}
	return sp.checkEnvelope(a)
}

// checkEnvelope expects what the spec leaves open: a status that refuses, and at least one video_Error in an envelope.
func (sp *spec) checkEnvelope(a answer) error {
	var body struct {
		Errors []any `json:"errors"`
	}
	if a.status < 400 {
		return fmt.Errorf("status %d is not in the spec", a.status)
	}
	if err := json.Unmarshal(a.body, &body); err != nil || len(body.Errors) == 0 {
		return errors.New("the body holds no list of errors")
	}
	for _, problem := range body.Errors {
		if err := sp.problem.VisitJSON(problem, schemaOptions()...); err != nil {
			return err
		}
	}
	return nil
}
