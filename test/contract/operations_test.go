package contract_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go/api"
)

// checkOperations compares the spec's operations with the generated facts.
func checkOperations(doc *openapi3.T, _ *source) []finding {
	operations := operationsOf(doc)
	found := differ("number of operations", len(operations), len(api.Operations()))
	for name, scheme := range doc.Components.SecuritySchemes {
		found = append(found, differ(name, scheme.Value.Type+" "+strings.ToLower(scheme.Value.Scheme), "http bearer")...)
	}
	for _, op := range operations {
		operation := api.Operation(op.OperationID)
		found = slices.Concat(found,
			differ(op.OperationID+" method", op.method, operation.Method()),
			differ(op.OperationID+" path", op.path, operation.Path()),
			differ(op.OperationID+" success", op.success(), strconv.Itoa(operation.SuccessStatus())),
			differ(op.OperationID+" bearer", op.authorization() != "", operation.BearerAuth()),
		)
	}
	return found
}

// checkProvenance wants info.x-upstream to name one version of the document that the workflow fetches.
func checkProvenance(doc *openapi3.T, code *source) []finding {
	upstream, _ := doc.Info.Extensions["x-upstream"].(map[string]any)
	fetched := fmt.Sprintf("https://raw.githubusercontent.com/%v/master/%v", upstream["repository"], upstream["file"])
	found := differ("info.x-upstream names "+fetched, true, strings.Contains(code.workflow, "UPSTREAM: "+fetched+"\n"))
	for field, pattern := range map[string]string{
		"commit": "^[0-9a-f]{40}$", "sha256": "^[0-9a-f]{64}$", "date": `^20\d\d-[01]\d-[0-3]\d$`,
	} {
		value := fmt.Sprint(upstream[field])
		if !regexp.MustCompile(pattern).MatchString(value) {
			found = append(found, finding{"info.x-upstream." + field, value, "expects " + pattern})
		}
	}
	return found
}
