package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABoundMayGoFromOneKeywordToTheOther(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ours, theirs    map[string]any
		request, answer level
	}{
		{numbers("minimum", "0"), numbers("exclusiveMinimum", "0"), breaking, compatible},
		{numbers("exclusiveMinimum", "0"), numbers("minimum", "0"), compatible, breaking},
		{numbers("exclusiveMinimum", "0"), numbers("minimum", "1"), breaking, compatible},
		{numbers("maximum", "9"), numbers("exclusiveMaximum", "9"), breaking, compatible},
		{numbers("maximum", "9"), numbers("exclusiveMaximum", "10.5"), compatible, breaking},
		{numbers("minimum", "0", "exclusiveMinimum", "5"), numbers("minimum", "7"), breaking, compatible},
	} {
		for side, want := range map[wire]level{request: tc.request, answer: tc.answer} {
			var d difference
			d.bounds(place{side: side}, tc.ours, tc.theirs)
			require.Len(t, d.facts, 1)
			require.Equal(t, want, judgeBounds(d.facts[0]).level, "%s: %v to %v", side, tc.ours, tc.theirs)
		}
	}
}

func numbers(pairs ...string) map[string]any {
	s := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = json.Number(pairs[i+1])
	}
	return s
}
