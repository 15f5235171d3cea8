package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind, ours, theirs string
		request, answer    level
	}{
		{"string", "", "jwt", compatible, compatible},
		{"string", "jwt", "", compatible, compatible},
		{"string", "", "password", compatible, compatible},
		{"integer", "", "int", compatible, compatible},
		{"integer", "integer", "int", compatible, compatible},
		{"integer", "", "int64", compatible, compatible},
		{"integer", "", "int32", breaking, compatible},
		{"integer", "int32", "", compatible, breaking},
		{"integer", "int64", "int32", breaking, compatible},
		{"integer", "int16", "int32", compatible, breaking},
		{"number", "double", "", compatible, compatible},
		{"number", "float", "double", compatible, breaking},
		{"string", "date-time", "datetime", compatible, compatible},
		{"string", "datetime", "date-time", compatible, compatible},
		{"string", "date-time", "", compatible, breaking},
		{"string", "", "date-time", breaking, compatible},
		{"string", "date-time", "date", breaking, breaking},
		{"string", "", "int32", compatible, compatible},
	} {
		for side, want := range map[wire]level{request: tc.request, answer: tc.answer} {
			s := map[string]any{"type": tc.kind}
			got := formats(fact{
				place: place{side: side}, within: [2]map[string]any{s, s},
				ours: formatOrNone(tc.ours), theirs: formatOrNone(tc.theirs),
			})
			require.Equal(t, want, got.level, "%s of a %s: %q to %q", tc.kind, side, tc.ours, tc.theirs)
		}
	}
}

func formatOrNone(name string) any {
	if name == "" {
		return absent{}
	}
	return name
}
