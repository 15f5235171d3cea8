// Compare measures ways to call the API against one server on loopback, and prints a Markdown table: package
// roomtokens, the generated client alone, net/http alone, and Telnyx's official SDK for Node. Each is a program of its
// own, so that what it costs and does is seen from outside.
//
// With -cost it prints only what the Go programs cost to build, and fails where package roomtokens brings too much. It
// runs in its own folder, on Linux and macOS.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// way is one way to call the API, a column of the table.
type way struct {
	name    string
	folder  string
	command []string
	cost    *cost // nil for what is not built
}

func main() {
	onlyCost := flag.Bool("cost", false, "print only what each way costs to build, and check it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	err := run(ctx, *onlyCost)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, onlyCost bool) error {
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ways := []way{
		{name: "this package", folder: "roomtokens"},
		{name: "generated client", folder: "generated"},
		{name: "`net/http`", folder: "raw"},
	}
	for i, w := range ways {
		if ways[i].cost, err = measure(ctx, dir, w.folder); err != nil {
			return err
		}
		ways[i].command = []string{ways[i].cost.program}
	}
	if onlyCost {
		printTable(columns(ways))
		return ways[0].cost.check(ctx)
	}
	ways = append(ways, way{name: "official SDK, for Node", command: []string{"node", "sdk.mjs"}})
	return compare(ctx, ways)
}

// compare prints the table of all that the ways cost and do.
func compare(ctx context.Context, ways []way) error {
	s, err := newServer(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	costs, err := s.bench(ctx, ways)
	if err != nil {
		return err
	}
	table := columns(ways)
	table[0] = append(table[0], "operations", "create call over loopback")
	for i, w := range ways {
		if table[i+1], err = s.observe(ctx, w, costs[i], table[i+1]); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	for _, c := range cases(s.url) {
		table[0] = append(table[0], c.name)
	}
	fmt.Printf("%s, %s/%s, %d processors, %s, %s:\n\n", time.Now().Format(time.DateOnly),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), s.seen[0].userAgent)
	printTable(table)
	return nil
}

// columns starts a table with what the programs cost. Its first column holds the names of the rows.
func columns(ways []way) [][]string {
	table := [][]string{{"", "binary", "cold build, processor time", "packages, and modules linked"}}
	raw := ways[2].cost
	for _, w := range ways {
		table = append(table, append([]string{w.name}, w.cost.rows(raw)...))
	}
	return table
}

func printTable(columns [][]string) {
	for row := range columns[0] {
		var cells []string
		for _, column := range columns {
			cells = append(cells, column[row])
		}
		fmt.Println("| " + strings.Join(cells, " | ") + " |")
		if row == 0 {
			fmt.Println(strings.Repeat("|---", len(columns)) + "|")
		}
	}
}
