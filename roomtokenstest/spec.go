package roomtokenstest

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/uuid"
)

//go:generate cp ../openapi.yaml openapi.yaml

// specYAML is a copy of the module's openapi.yaml, which lies where go:embed does not reach.
//
//go:embed openapi.yaml
var specYAML []byte

// spec is openapi.yaml, ready to validate with. Nothing in it changes once it is loaded.
type spec struct {
	router  routers.Router
	problem *openapi3.Schema // video_Error
}

// loadSpec parses the spec when it is first needed, once per process: that takes milliseconds.
var loadSpec = sync.OnceValue(func() *spec {
	s, err := parseSpec(specYAML)
	if err != nil {
		panic(fmt.Sprintf("roomtokenstest: openapi.yaml: %v", err))
	}
	return s
})

func parseSpec(data []byte) (*spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	// The library compiles a schema of a 3.1 document anew for each value, which takes 0.3 ms. These schemas say the same
	// in 3.0, whose validator needs no compiling; a test compares the two.
	doc.OpenAPI = "3.0.3"
	if err := serveOnAnyHost(doc); err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	return &spec{router: router, problem: doc.Components.Schemas["video_Error"].Value}, nil
}

// serveOnAnyHost leaves of the servers' URLs only their paths.
func serveOnAnyHost(doc *openapi3.T) error {
	for _, server := range doc.Servers {
		u, err := url.Parse(server.URL)
		if err != nil {
			return err
		}
		server.URL = u.Path
	}
	return nil
}

// route finds the operation that r is for. Without one, status says why.
func (s *spec) route(r *http.Request) (route *routers.Route, params map[string]string, status int) {
	route, params, err := s.router.FindRoute(r)
	switch {
	case err == nil:
		unescape(params)
		return route, params, http.StatusOK
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return nil, nil, http.StatusMethodNotAllowed
	}
	return nil, nil, http.StatusNotFound
}

// unescape decodes path parameters, which the router hands on as they were in the URL.
func unescape(params map[string]string) {
	for name, value := range params {
		if decoded, err := url.PathUnescape(value); err == nil {
			params[name] = decoded
		}
	}
}

// filterOptions are what every validation goes by. Formats are the library's to check only where it is told how, and here
// it is told per validation: its registry is one for the whole process.
func filterOptions(authenticate openapi3filter.AuthenticationFunc) *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc:      authenticate,
		IncludeResponseStatus:   true,
		KeepValidatedValue:      true,
		SkipSettingDefaults:     true, // which would let null pass for a number
		SchemaValidationOptions: schemaOptions(),
	}
}

func schemaOptions() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.DisableSchemaErrorDetails(), // which would quote tokens
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(checkUUID)),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(checkDateTime)),
	}
}

// checkUUID takes the one form that RFC 9562 gives a UUID, where package uuid reads others as well.
func checkUUID(value string) error {
	const textLength = 36
	if _, err := uuid.Parse(value); err != nil || len(value) != textLength {
		return errors.New("not a UUID")
	}
	return nil
}

func checkDateTime(value string) error {
	if _, err := time.Parse(time.RFC3339, value); err != nil {
		return errors.New("not an RFC 3339 date-time")
	}
	return nil
}
