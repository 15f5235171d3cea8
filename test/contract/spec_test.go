package contract_test

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// jsonType is the one media type for which the generator writes a typed body and a typed answer.
const jsonType = "application/json"

// operation is one operation of a spec and where it stands.
type operation struct {
	*openapi3.Operation
	doc          *openapi3.T
	item         *openapi3.PathItem
	path, method string
}

// operationsOf lists the operations of doc in the order of their paths.
func operationsOf(doc *openapi3.T) []operation {
	var found []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			found = append(found, operation{op, doc, item, path, method})
		}
	}
	slices.SortFunc(found, func(a, b operation) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.method, b.method))
	})
	return found
}

// name is what findings call the operation.
func (op operation) name() string {
	return cmp.Or(op.OperationID, op.method+" "+op.path)
}

func (op operation) finding(where, spec, code string) finding {
	return finding{op.name(), where, spec, code}
}

// parameters are those of the path, with the operation's own in their place where both have one.
func (op operation) parameters() []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, p := range op.Parameters {
		all = append(all, p.Value)
	}
	for _, p := range op.item.Parameters {
		if op.Parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			all = append(all, p.Value)
		}
	}
	return all
}

// security is the operation's own, or else the document's.
func (op operation) security() openapi3.SecurityRequirements {
	if op.Security != nil {
		return *op.Security
	}
	return op.doc.Security
}

// takesKey reports whether every way to call the operation needs a credential.
func (op operation) takesKey() bool {
	security := op.security()
	return len(security) > 0 && !slices.ContainsFunc(security, func(r openapi3.SecurityRequirement) bool {
		return len(r) == 0
	})
}

// body is the schema of a JSON request body, or nil.
func (op operation) body() *openapi3.SchemaRef {
	if op.RequestBody == nil {
		return nil
	}
	return schemaOf(op.RequestBody.Value.Content[jsonType])
}

// statuses lists the documented statuses in order.
func (op operation) statuses() []string {
	return slices.Sorted(maps.Keys(op.Responses.Map()))
}

// answer is the schema of the JSON answer with status, or nil.
func (op operation) answer(status string) *openapi3.SchemaRef {
	return schemaOf(op.Responses.Map()[status].Value.Content[jsonType])
}

func schemaOf(content *openapi3.MediaType) *openapi3.SchemaRef {
	if content == nil {
		return nil
	}
	return content.Schema
}

// isSuccess reports whether status is from 200 to 299.
func isSuccess(status string) bool { return strings.HasPrefix(status, "2") }

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(repositoryRoot(t), "openapi.yaml"))
	require.NoError(t, err)
	return doc
}

// repositoryRoot walks up to the folder of go.mod.
func repositoryRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		require.NotEqual(t, dir, filepath.Dir(dir), "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
}
