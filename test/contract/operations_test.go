package contract_test

import (
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roomtokens/roomtokens-go/api"
)

// checkOperations compares the spec's operations with the generated facts.
func checkOperations(doc *openapi3.T, _ *source) []finding {
	operations := operationsOf(doc)
	found := differ("number of operations", len(operations), len(api.Operations()))
	for _, op := range operations {
		operation := api.Operation(op.OperationID)
		found = slices.Concat(found,
			differ(op.OperationID+" method", op.method, operation.Method()),
			differ(op.OperationID+" path", op.path, operation.Path()),
			differ(op.OperationID+" success", op.success(), strconv.Itoa(operation.SuccessStatus())),
			differ(op.OperationID+" bearer", op.authorization() == "bearer", operation.BearerAuth()),
		)
	}
	return found
}
