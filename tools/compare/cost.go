package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	module     = "github.com/roomtokens/roomtokens-go"
	maxModules = 4
)

// cost is what a program costs. The processor time is that of a build from nothing, which load of the machine changes
// less than it does the time on the clock; the modules are those linked beside this repository's.
type cost struct {
	program  string
	binary   int64
	build    time.Duration // of the processors
	packages int
	modules  []string
}

func measure(ctx context.Context, dir, name string) (*cost, error) {
	c := &cost{program: filepath.Join(dir, name)}
	cache := filepath.Join(dir, "cache-"+name)
	build := goCommand(ctx, cache, "build", "-trimpath", "-o", c.program, "./"+name)
	if _, err := output(build); err != nil {
		return nil, err
	}
	c.build = build.ProcessState.UserTime() + build.ProcessState.SystemTime()
	stat, err := os.Stat(c.program)
	if err != nil {
		return nil, err
	}
	c.binary = stat.Size()
	info, err := buildinfo.ReadFile(c.program)
	if err != nil {
		return nil, err
	}
	for _, dep := range info.Deps {
		if dep.Path != module {
			c.modules = append(c.modules, dep.Path)
		}
	}
	packages, err := output(goCommand(ctx, cache, "list", "-deps", "./"+name))
	c.packages = len(strings.Fields(packages))
	return c, err
}

func goCommand(ctx context.Context, cache string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments are those of this file
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOCACHE="+cache)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // go ends its compilers, too
	return cmd
}

func output(cmd *exec.Cmd) (string, error) {
	stdout, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%v: %w: %s", cmd.Args, err, failed.Stderr)
	}
	return string(stdout), err
}

func (c *cost) rows(raw *cost) []string {
	if c == nil {
		return []string{"", "", ""}
	}
	return []string{
		fmt.Sprintf("%.2f MB, %.2f ×", float64(c.binary)/1e6, float64(c.binary)/float64(raw.binary)),
		fmt.Sprintf("%.1f s, %.2f ×", c.build.Seconds(), c.build.Seconds()/raw.build.Seconds()),
		fmt.Sprintf("%d and %d", c.packages, len(c.modules)),
	}
}

// check finds what the package must not bring along. The module graph of its importer is this module's.
func (c *cost) check(ctx context.Context) error {
	if len(c.modules) > maxModules {
		return fmt.Errorf("%d modules are linked, at most %d may be: %v", len(c.modules), maxModules, c.modules)
	}
	graph, err := output(goCommand(ctx, filepath.Dir(c.program), "mod", "graph"))
	for _, tool := range []string{"oapi-codegen/oapi-codegen/", "golangci/", "mvdan.cc/gofumpt", "golang.org/x/perf"} {
		if strings.Contains(graph, tool) {
			return fmt.Errorf("the module graph of an importer holds a tool: %s", tool)
		}
	}
	return err
}
