package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCompare looks for a document that breaks the program, or that -write takes over without getting in step.
func FuzzCompare(f *testing.F) {
	text := []byte("openapi: 3.1.0\ninfo: {}\nservers: [{url: 'https://a'}]\npaths:\n  /a/{b}:\n    post:\n      operationId: A\n" +
		"      parameters: [{name: b, in: path, required: true, schema: {type: string}}]\n" +
		"      requestBody: {content: {application/json: {schema: {type: object, properties: {c: {type: integer, minimum: 1, default: 2}}, required: [c]}}}}\n" +
		"      responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/D'}}}}}\n" +
		"components: {schemas: {D: {type: object, properties: {e: {type: [string, 'null'], format: uuid}}}}}\n")
	f.Add(text)
	ours, err := parse(text)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, upstream []byte) {
		theirs, err := parse(upstream)
		if err != nil {
			return
		}
		pairs, err := trim(ours, theirs)
		if err != nil {
			return
		}
		changes, err := compare(pairs)
		if err != nil || len(changes) == 0 {
			return
		}
		written, err := update(settings{}, ours, theirs, pairs)
		if err == nil {
			require.NoError(t, verify(written, theirs))
		}
	})
}
