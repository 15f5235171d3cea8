package roomtokens

import (
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// send makes the attempts of a call. It fails where no response came.
func send(sender *exchange.Sender, req *http.Request, call exchange.Call) (*exchange.Result, error) {
	result, err := sender.Send(req, call)
	if err != nil {
		return nil, wrapError(call.Operation, err)
	}
	if result.Response == nil {
		return nil, newError(result, "")
	}
	return result, nil
}

// decode decodes the success response that the spec documents into out. Everything else is an *Error.
func decode(result *exchange.Result, out any) error {
	if result.Status()/100 != 2 {
		return newError(result, "")
	}
	if reason := decodeSuccess(result, out); reason != "" {
		return invalidResponse(result, reason)
	}
	return nil
}

// decodeSuccess says what about a 2xx breaks the spec, in words that quote nothing from the body.
func decodeSuccess(result *exchange.Result, out any) (reason string) {
	if want := result.Operation.SuccessStatus(); result.Status() != want {
		return "status is not " + strconv.Itoa(want)
	}
	if !isJSON(strings.Join(result.Header().Values("Content-Type"), ",")) {
		return "content type is not JSON"
	}
	if result.Err != nil {
		return "body is cut short"
	}
	if err := json.Unmarshal(result.Body, out); err != nil {
		if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
			return "body" + string(semantic.JSONPointer) + " is not of the type that the spec says"
		}
		return "body is not valid JSON"
	}
	return ""
}

// isJSON reports whether a media type is application/json or has the suffix +json (RFC 6839). Of several, as proxies
// join them, the last valid one counts (RFC 9110, section 8.3).
func isJSON(contentTypes string) bool {
	if strings.Contains(contentTypes, `"`) {
		if mediaType, _, err := mime.ParseMediaType(contentTypes); err == nil {
			contentTypes = mediaType // one, with a comma in quotes
		}
	}
	for contentTypes != "" {
		comma := strings.LastIndexByte(contentTypes, ',')
		mediaType, _, _ := strings.Cut(contentTypes[comma+1:], ";")
		mediaType = strings.ToLower(strings.TrimSpace(mediaType))
		if kind, subtype, _ := strings.Cut(mediaType, "/"); kind != "" && subtype != "" {
			return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
		}
		contentTypes = contentTypes[:max(comma, 0)]
	}
	return false
}
