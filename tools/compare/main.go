// Compare measures ways to call the API against one server on loopback, and prints a Markdown table: package
// roomtokens, the generated client alone, net/http alone, and Telnyx's official SDK for Go. Each is a program of its
// own, so that what it costs and does is seen from outside.
//
// With -cost it prints only what the first three cost to build, and fails where package roomtokens brings too much. It
// runs in its own folder, on Linux and macOS.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go/tools/compare/program"
)

// way is one way to call the API, a column of the table.
type way struct {
	name       string
	folder     string
	modfile    string // in place of the folder's go.mod
	operations int
	cost       *cost
}

func main() {
	onlyCost := flag.Bool("cost", false, "print only what each way costs to build, and check it")
	sdk := flag.String("telnyx-go", "", "`folder` with the official SDK, in place of the module proxy's")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	err := run(ctx, *onlyCost, *sdk)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, onlyCost bool, sdk string) error {
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	operations := reflect.TypeFor[program.Client]().NumMethod()
	ways := []way{
		{name: "this package", folder: "roomtokens", operations: operations},
		{name: "generated client", folder: "generated", operations: operations},
		{name: "`net/http`", folder: "raw", operations: operations},
	}
	if !onlyCost {
		officialSDK, err := official(ctx, dir, sdk)
		if err != nil {
			return err
		}
		ways = append(ways, officialSDK...)
	}
	for i, w := range ways {
		if ways[i].cost, err = measure(ctx, dir, w); err != nil {
			return err
		}
	}
	if onlyCost {
		printTable(costRows(ways))
		return ways[0].cost.check(ctx)
	}
	return compare(ctx, ways)
}

// compare prints the table of all that the ways cost and do.
func compare(ctx context.Context, ways []way) error {
	s, err := newServer(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	rows := costRows(ways)
	for _, c := range benches() {
		row, err := s.bench(ctx, ways, c)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	for _, c := range cases(s.url) {
		row := []string{c.name}
		for _, w := range ways {
			r, err := s.run(ctx, w, c)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", w.name, c.name, err)
			}
			row = append(row, c.judge(r))
		}
		rows = append(rows, row)
	}
	fmt.Printf("%s, %s/%s, %d processors, %s, %s:\n\n", time.Now().Format(time.DateOnly),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), s.seen[0].userAgent)
	printTable(rows)
	return nil
}

// costRows starts a table: what there is to know without a call. The first cell of a row is its name.
func costRows(ways []way) [][]string {
	rows := [][]string{{""}, {"binary"}, {"cold build, processor time"}, {"packages, and modules linked"}, {"operations"}}
	raw := ways[2].cost
	for _, w := range ways {
		rows[0] = append(rows[0], w.name)
		rows[1] = append(rows[1], fmt.Sprintf("%.2f MB, %.2f ×",
			float64(w.cost.binary)/1e6, float64(w.cost.binary)/float64(raw.binary)))
		rows[2] = append(rows[2], fmt.Sprintf("%.1f s, %.2f ×",
			w.cost.build.Seconds(), w.cost.build.Seconds()/raw.build.Seconds()))
		rows[3] = append(rows[3], fmt.Sprintf("%d and %d", w.cost.packages, len(w.cost.modules)))
		rows[4] = append(rows[4], strconv.Itoa(w.operations))
	}
	return rows
}

func printTable(rows [][]string) {
	for i, row := range rows {
		fmt.Println("| " + strings.Join(row, " | ") + " |")
		if i == 0 {
			fmt.Println(strings.Repeat("|---", len(row)) + "|")
		}
	}
}
