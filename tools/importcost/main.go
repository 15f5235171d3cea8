// Importcost builds a program that makes one create call in three ways, with net/http alone, with the generated client
// and with package roomtokens, and prints what each costs: size of the binary, time of a build from nothing, packages,
// and modules linked beside the module under test. Run it at the root of the repository.
//
// With -check it exits with status 1 where the number of modules, or what of the tools a consumer's module graph holds,
// is over its bound.
package main

import (
	"context"
	"debug/buildinfo"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	module     = "github.com/roomtokens/roomtokens-go"
	maxModules = 4
)

// programs holds a file for each way; they are templates, and no Go files, so that no build takes them for its own.
//
//go:embed programs
var programs embed.FS

// cost is what one way costs.
type cost struct {
	name     string
	binary   int64
	build    time.Duration
	packages int
	modules  []string
	toolsIn  []string // of the consumer's module graph
}

func main() {
	check := flag.Bool("check", false, "fail where a bound is passed")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *check); err != nil {
		fmt.Fprintln(os.Stderr, "importcost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, check bool) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	var costs []cost
	for _, name := range []string{"raw", "api", "roomtokens"} {
		c, err := measure(ctx, root, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		costs = append(costs, c)
	}
	if err := report(out, costs); err != nil {
		return err
	}
	if !check {
		return nil
	}
	last := costs[len(costs)-1]
	if len(last.modules) > maxModules {
		return fmt.Errorf("%d modules are linked, at most %d may be: %v", len(last.modules), maxModules, last.modules)
	}
	if len(last.toolsIn) > 0 {
		return fmt.Errorf("a consumer's module graph holds tools: %v", last.toolsIn)
	}
	return nil
}

func report(out io.Writer, costs []cost) error {
	raw := costs[0]
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "client\tbinary\t× raw\tcold build\t× raw\tpackages\tmodules\t")
	for _, c := range costs {
		_, _ = fmt.Fprintf(w, "%s\t%.2f MB\t%.2f\t%.1f s\t%.2f\t%d\t%d\t\n", c.name,
			float64(c.binary)/1e6, float64(c.binary)/float64(raw.binary),
			c.build.Seconds(), c.build.Seconds()/raw.build.Seconds(), c.packages, len(c.modules))
	}
	return w.Flush()
}

// measure builds one program as a module of its own, with an empty build cache.
func measure(ctx context.Context, root, name string) (cost, error) {
	c := cost{name: name}
	dir, err := os.MkdirTemp("", "importcost")
	if err != nil {
		return c, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	source, err := programs.ReadFile("programs/" + name + ".txt")
	if err != nil {
		return c, err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), source, 0o600); err != nil {
		return c, err
	}
	command := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments are those below
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOCACHE="+filepath.Join(dir, "cache"))
		output, err := cmd.Output()
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("go %s: %w: %s", args[0], err, failed.Stderr)
		}
		return string(output), err
	}
	for _, args := range [][]string{
		{"mod", "init", "example.test/importcost"},
		{"mod", "edit", "-go=1.26.0", "-replace=" + module + "=" + root},
		{"mod", "tidy"},
	} {
		if _, err := command(args...); err != nil {
			return c, err
		}
	}
	began := time.Now()
	if _, err := command("build", "-trimpath", "-o", "program", "."); err != nil {
		return c, err
	}
	c.build = time.Since(began)
	return c, c.inspect(filepath.Join(dir, "program"), command)
}

func (c *cost) inspect(program string, command func(...string) (string, error)) error {
	stat, err := os.Stat(program)
	if err != nil {
		return err
	}
	c.binary = stat.Size()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	for _, dep := range info.Deps {
		if dep.Path != module {
			c.modules = append(c.modules, dep.Path)
		}
	}
	packages, err := command("list", "-deps", ".")
	if err != nil {
		return err
	}
	c.packages = len(strings.Fields(packages))
	graph, err := command("mod", "graph")
	if err != nil {
		return err
	}
	tools := []string{
		"oapi-codegen/oapi-codegen/",
		"oasdiff/oasdiff@",
		"golangci/",
		"mvdan.cc/gofumpt",
		"golang.org/x/perf",
	}
	for _, tool := range tools {
		if strings.Contains(graph, tool) {
			c.toolsIn = append(c.toolsIn, tool)
		}
	}
	return nil
}
