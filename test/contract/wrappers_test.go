package contract_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

// checkWrappers wants a method of roomtokens.Client for each operation. The other checks leave out one that has none.
func checkWrappers(doc *openapi3.T, _ *source) []finding {
	var found []finding
	for _, op := range operationsOf(doc) {
		if !op.hasWrapper() {
			const says = "it is an operation: write func (c *Client) %s, as CONTRIBUTING.md shows"
			found = append(found, finding{op.OperationID, fmt.Sprintf(says, op.OperationID), "has no such method"})
		}
	}
	return found
}

func (op operation) hasWrapper() bool {
	_, ok := reflect.TypeFor[*roomtokens.Client]().MethodByName(op.OperationID)
	return ok
}

// awkwardBaseURLs are those in which a path or a host is easily lost, decoded or cleaned.
func awkwardBaseURLs() []string {
	return []string{
		api.ServerURL, api.ServerURL + "/", "https://host", "https://host:/v2", "HTTPS://HOST/v2",
		"https://host/a%2Fb/v2", "https://host/a%2fb%2F", "https://host/a%20b/v2", "https://host/%C3%A4/é/v2",
		"https://host//a//v2//", "https://host/a/../v2", "https://host/a/./v2/..", "https://host/a/%2E%2E/v2",
		"https://[fe80::1%25eth0]:8443/v2", "http://127.0.0.1:4010/rooms/3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60",
		"https://host/{room_id}/v2", "https://host/%7Broom_id%7D/v2", "https://host/a;b=c,d@e:f/v2",
	}
}

// TestWrappersSendGeneratedRequests compares, for every operation, the request of its wrapper with the one that the
// generated client builds.
func TestWrappersSendGeneratedRequests(t *testing.T) {
	t.Parallel()
	for _, baseURL := range awkwardBaseURLs() {
		t.Run(baseURL, func(t *testing.T) {
			t.Parallel()
			for _, op := range operationsOf(load(t)) {
				assert.Empty(t, compareRequests(op, full, baseURL))
				assert.Empty(t, compareRequests(op, least, baseURL))
			}
		})
	}
}

// compareRequests takes what the generated client sends for the spec. Accept and User-Agent are the wrapper's own.
func compareRequests(op operation, levels int, baseURL string) []finding {
	if !op.hasWrapper() {
		return nil
	}
	where := op.OperationID + " "
	built, err := newGenerated(baseURL, refusing()).send(op.OperationID, op.arguments(levels))
	if err != nil {
		return []finding{{where, op.arguments(levels), err}}
	}
	sent, err := newWrapper(baseURL, refusing()).send(op.OperationID, op.arguments(levels))
	if err != nil {
		return []finding{{where, op.arguments(levels), err}}
	}
	header := built.Header.Clone()
	header.Set("Accept", jsonType)
	header["User-Agent"] = sent.Header["User-Agent"]
	return slices.Concat(
		differ(where+"method", built.Method, sent.Method),
		differ(where+"URL", fmt.Sprintf("%#v", *built.URL), fmt.Sprintf("%#v", *sent.URL)),
		differ(where+"host", built.Host, sent.Host),
		differ(where+"header", fmt.Sprint(header), fmt.Sprint(sent.Header)),
		differ(where+"body", built.body, sent.body),
		differ(where+"length", built.ContentLength, sent.ContentLength),
	)
}
