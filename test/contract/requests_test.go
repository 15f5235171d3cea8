package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/roomtokens/roomtokens-go/api"
)

// checkRequests compares what both clients send, for bodies that the spec allows, with the operation in the spec.
func checkRequests(doc *openapi3.T, _ *code) []finding {
	var found []finding
	if server := serverURL(doc); server != api.ServerURL {
		found = append(found, finding{"document", "server", server, "goes to " + api.ServerURL})
	}
	for _, op := range operationsOf(doc) {
		if op.body() == nil {
			found = append(found, op.finding("request body", "it is not JSON", "sends JSON"))
			continue
		}
		for _, body := range slices.Concat(examples(op.body(), least, 1), examples(op.body(), everything, 1)) {
			found = append(found, checkBody(op, body)...)
		}
	}
	return found
}

func serverURL(doc *openapi3.T) string {
	if len(doc.Servers) != 1 {
		return fmt.Sprintf("%d servers", len(doc.Servers))
	}
	return doc.Servers[0].URL
}

// checkBody sends body through both clients and compares what arrives.
func checkBody(op operation, body []byte) []finding {
	var found []finding
	e := &exchange{status: http.StatusTeapot}
	for _, c := range clients(e) {
		e.sent = nil
		_, err := c.call(op.OperationID, body)
		if len(e.sent) != 1 || errors.Is(err, errNoCall) {
			found = append(found, op.finding("request", fmt.Sprintf("%s is a body", body),
				fmt.Sprintf("in %s sent %d requests: %v", c.name, len(e.sent), err)))
			continue
		}
		for _, problem := range compareRequest(op, e.sent[0], body) {
			problem.code = "in " + c.name + " " + problem.code
			found = append(found, problem)
		}
	}
	return found
}

func compareRequest(op operation, req *http.Request, body []byte) []finding {
	params, ok := match(op, req.URL)
	if req.Method != op.method || !ok {
		return []finding{op.finding("request", op.method+" "+op.path, "sends "+req.Method+" "+req.URL.String())}
	}
	var found []finding
	if sends := req.Header.Get("Authorization") != ""; sends != op.takesKey() {
		found = append(found, op.finding("Authorization", fmt.Sprintf("asked for: %t", op.takesKey()), fmt.Sprintf("sends it: %t", sends)))
	}
	found = append(found, checkAccept(op, req)...)
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		return append(found, op.finding("request body", "it can be read", err.Error()))
	}
	found = append(found, compareBodies(op, "request body", op.body(), body, sent)...)
	req.Body = io.NopCloser(strings.NewReader(string(sent)))
	if err := validate(op, req, params); err != nil {
		found = append(found, op.finding("request", "it is invalid: "+err.Error(), "sends it"))
	}
	return found
}

// match compares a URL with the server's and the path template, and returns the path's parameters.
func match(op operation, u *url.URL) (params map[string]string, ok bool) {
	pattern := regexp.QuoteMeta(strings.TrimSuffix(serverURL(op.doc), "/") + op.path)
	pattern = regexp.MustCompile(`\\\{(\w+)\\\}`).ReplaceAllString(pattern, `(?P<$1>[^/?#]+)`)
	template, err := regexp.Compile("^" + pattern + "$")
	if err != nil {
		return nil, false
	}
	values := template.FindStringSubmatch(u.String())
	if values == nil {
		return nil, false
	}
	params = map[string]string{}
	for i, name := range template.SubexpNames()[1:] {
		params[name] = values[i+1]
	}
	return params, true
}

// checkAccept wants the answers that the request says it takes, if it says so, to be those that are documented.
func checkAccept(op operation, req *http.Request) []finding {
	accepted := req.Header.Get("Accept")
	if accepted == "" {
		return nil
	}
	var found []finding
	for _, status := range op.statuses() {
		for mediaType := range op.Responses.Map()[status].Value.Content {
			if want, _, err := mime.ParseMediaType(mediaType); err != nil || want != accepted {
				found = append(found, op.finding(status, mediaType, "accepts "+accepted))
			}
		}
	}
	return found
}

// validate holds the request against the spec, formats and credentials included.
func validate(op operation, req *http.Request, params map[string]string) error {
	options := &openapi3filter.Options{
		AuthenticationFunc:                authenticate,
		SkipSettingDefaults:               true,
		RejectWhenRequestBodyNotSpecified: true,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidator(
			"uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC9562))},
	}
	return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Options: options,
		Route: &routers.Route{Spec: op.doc, Path: op.path, PathItem: op.item, Method: op.method, Operation: op.Operation},
	})
}

// authenticate accepts what the code knows how to send: the key as a bearer token.
func authenticate(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	scheme := input.SecurityScheme
	if scheme.Type != "http" || !strings.EqualFold(scheme.Scheme, "bearer") {
		return input.NewError(fmt.Errorf("scheme %s %s", scheme.Type, scheme.Scheme))
	}
	if sent := input.RequestValidationInput.Request.Header.Get("Authorization"); sent != "Bearer "+apiKey {
		return input.NewError(errors.New("no bearer token with the key"))
	}
	return nil
}
