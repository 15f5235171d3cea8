package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	officialFolder = "official"
	officialModule = "github.com/team-telnyx/telnyx-go/v4"
)

// official returns the way of Telnyx's official SDK for Go, and none where the module proxy does not have it. A folder
// takes the proxy's place. The edited go.mod, and the go.sum with what the proxy brings, are copies in dir.
func official(ctx context.Context, dir, folder string) ([]way, error) {
	if err := os.CopyFS(dir, os.DirFS(officialFolder)); err != nil {
		return nil, err
	}
	w := way{name: "official SDK", folder: officialFolder, modfile: filepath.Join(dir, "go.mod")}
	if folder != "" {
		edit := goCommand(ctx, way{}, "mod", "edit", "-replace="+officialModule+"="+folder, w.modfile)
		if _, err := output(edit); err != nil {
			return nil, err
		}
	} else if _, err := output(goCommand(ctx, w, "mod", "download", officialModule)); err != nil {
		fmt.Fprintln(os.Stderr, "compare: the official SDK is left out:", err)
		return nil, nil
	}
	sdk, err := output(goCommand(ctx, w, "list", "-m", "-f", "{{.Dir}}", officialModule))
	if err != nil {
		return nil, err
	}
	stats, err := os.ReadFile(filepath.Join(strings.TrimSpace(sdk), ".stats.yml"))
	if err != nil {
		return nil, err
	}
	_, err = fmt.Sscanf(string(stats), "configured_endpoints: %d", &w.operations)
	return []way{w}, err
}
