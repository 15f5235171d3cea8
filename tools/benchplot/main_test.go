package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const runs = `goos: linux
BenchmarkCreate/client=roomtokens-2	100	5000 ns/op
BenchmarkLoopback/proto=HTTP1.1/callers=16/client=handwritten-default-2	100	9 ns/op	1000 calls/s
BenchmarkLoopback/proto=HTTP1.1/callers=16/client=roomtokens-2	100	9 ns/op	10000 calls/s
BenchmarkLoopback/proto=HTTP1.1/callers=16/client=roomtokens-2	100	9 ns/op	90000 calls/s
BenchmarkLoopback/proto=HTTP1.1/callers=16/client=roomtokens-2	100	9 ns/op	20000 calls/s
BenchmarkLoopback/proto=HTTP2/callers=1/client=roomtokens-2	100	9 ns/op	5000 calls/s
`

func TestPlotOfMedians(t *testing.T) {
	t.Parallel()
	groups, err := read(strings.NewReader(runs))
	require.NoError(t, err)
	arrange(groups)
	require.Len(t, groups, 2)
	require.Equal(t, "HTTP/1.1, 16 at once", groups[0].Name)
	require.Equal(t, bar{Client: "handwritten-default", CallsPerSec: 1000, X: 20, Y: 241, Height: 9}, groups[0].Bars[0])
	require.Equal(t, bar{Client: "roomtokens", CallsPerSec: 20000, X: 66, Y: 60, Height: 190}, groups[0].Bars[1])
	require.Equal(t, "HTTP/2, 1 at once", groups[1].Name)

	var svg bytes.Buffer
	require.NoError(t, run(strings.NewReader(runs), &svg))
	require.Equal(t, 3, strings.Count(svg.String(), "</title>"))
	require.Contains(t, svg.String(), ">20.0</text>")
}

func TestPlotOfNothing(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(strings.NewReader("PASS\n"), &bytes.Buffer{}), "no BenchmarkLoopback")
}
