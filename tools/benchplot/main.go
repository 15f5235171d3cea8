// Benchplot draws the calls per second of BenchmarkLoopback as bars, from the output of go test -bench on standard
// input, as an SVG on standard output. Each bar is the median of the runs.
package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/perf/benchfmt"
)

//go:embed plot.svg.tmpl
var plot string

// bar is the calls per second of one client in one setting.
type bar struct {
	Client       string
	CallsPerSec  float64
	X, Y, Height int
}

// group is the bars of one setting: protocol and callers at once.
type group struct {
	Name string
	X    int
	Bars []bar
}

// The picture, in pixels. The area of the bars leaves room for their labels.
const (
	barWidth, groupWidth = 46, 172
	left, bottom, height = 20, 250, 190
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchplot:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	groups, err := read(in)
	if err != nil {
		return err
	}
	arrange(groups)
	t, err := template.New("plot").Parse(plot)
	if err != nil {
		return err
	}
	return t.Execute(out, map[string]any{"Groups": groups, "Width": left + groupWidth*len(groups), "Bottom": bottom})
}

// read takes the medians out of a benchmark's output.
func read(in io.Reader) ([]group, error) {
	var groups []group
	runs := map[string][]float64{} // by setting and client
	reader := benchfmt.NewReader(in, "bench.txt")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok || string(result.Name.Base()) != "Loopback" {
			continue
		}
		setting, client := nameOf(result)
		key := setting + client
		if value, ok := result.Value("calls/s"); ok {
			if runs[key] == nil {
				groups = add(groups, setting, client)
			}
			runs[key] = append(runs[key], value)
		}
	}
	if len(groups) == 0 {
		return nil, cmp.Or(reader.Err(), fmt.Errorf("no BenchmarkLoopback in the input"))
	}
	for g := range groups {
		for b := range groups[g].Bars {
			all := runs[groups[g].Name+groups[g].Bars[b].Client]
			slices.Sort(all)
			groups[g].Bars[b].CallsPerSec = all[len(all)/2]
		}
	}
	return groups, reader.Err()
}

func nameOf(result *benchfmt.Result) (setting, client string) {
	parts := map[string]string{}
	_, names := result.Name.Parts()
	for _, part := range names {
		key, value, _ := strings.Cut(strings.TrimPrefix(string(part), "/"), "=")
		parts[key] = value
	}
	protocol := strings.Replace(parts["proto"], "HTTP", "HTTP/", 1)
	return fmt.Sprintf("%s, %s at once", protocol, parts["callers"]), parts["client"]
}

func add(groups []group, setting, client string) []group {
	i := slices.IndexFunc(groups, func(g group) bool { return g.Name == setting })
	if i < 0 {
		i, groups = len(groups), append(groups, group{Name: setting})
	}
	groups[i].Bars = append(groups[i].Bars, bar{Client: client})
	return groups
}

// arrange gives each bar its place.
func arrange(groups []group) {
	var highest float64
	for _, g := range groups {
		for _, b := range g.Bars {
			highest = max(highest, b.CallsPerSec)
		}
	}
	for g := range groups {
		groups[g].X = left + g*groupWidth
		for i := range groups[g].Bars {
			b := &groups[g].Bars[i]
			b.X = groups[g].X + i*barWidth
			b.Height = max(1, int(b.CallsPerSec/highest*height))
			b.Y = bottom - b.Height
		}
	}
}

// Label is the bar's value in thousands.
func (b bar) Label() string { return fmt.Sprintf("%.1f", b.CallsPerSec/1000) }

// Color tells the clients apart.
func (b bar) Color() string {
	return map[string]string{
		"handwritten-default": "#9ca3af", "handwritten-tuned": "#6b7280", "roomtokens": "#2563eb",
	}[b.Client]
}
