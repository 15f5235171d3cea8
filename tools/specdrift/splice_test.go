package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestSpliceKeepsWhatTheEncoderWouldSpellItsOwnWay(t *testing.T) {
	t.Parallel()
	const before = "# head\na:   1\n\nfolded: >-\n  one\n  two\n\nlist: [x,  y] # pair\nlast: \"q\"\n"
	for name, tc := range map[string]struct {
		edit func(root *yaml.Node)
		want string
	}{
		"nothing":                       {func(*yaml.Node) {}, before},
		"a changed line":                {func(n *yaml.Node) { put(n, "last", text("r")) }, "# head\na:   1\n\nfolded: >-\n  one\n  two\n\nlist: [x,  y] # pair\nlast: \"r\"\n"},
		"an added line":                 {func(n *yaml.Node) { put(n, "more", text("m")) }, before + "more: m\n"},
		"a removed line":                {func(n *yaml.Node) { remove(n, "last") }, "# head\na:   1\n\nfolded: >-\n  one\n  two\n\nlist: [x,  y] # pair\n"},
		"a line that was spelled oddly": {func(n *yaml.Node) { put(n, "a", text("2")) }, "# head\na: '2'\nfolded: >-\n  one\n  two\n\nlist: [x,  y] # pair\nlast: \"q\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc yaml.Node
			require.NoError(t, yaml.Unmarshal([]byte(before), &doc))
			after := copyNode(doc.Content[0])
			tc.edit(after)
			got, err := splice([]byte(before), doc.Content[0], after)
			require.NoError(t, err)
			require.Equal(t, tc.want, string(got))
		})
	}
}
