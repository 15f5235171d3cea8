// Package rooms_test keeps the packages of this module apart: what may import what, and what may lie where.
package rooms_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/roomtokens/roomtokens-go"

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Name, Dir, Doc string
	Standard                   bool
	GoFiles, Deps              []string
}

func list(t *testing.T, args ...string) map[string]listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	packages := map[string]listed{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one listed
		err := decoder.Decode(&one)
		if err == io.EOF {
			return packages
		}
		require.NoError(t, err)
		packages[one.ImportPath] = one
	}
}

// TestArrows keeps the direction of the imports: a service that imports the client gets nothing of what tests or builds it.
func TestArrows(t *testing.T) {
	t.Parallel()
	all := list(t, "-deps", "./...")
	for room, row := range map[string]struct {
		mayUse []string // of the packages that are not in the standard library
		inside []string // rooms of this module
	}{
		"/secret": {},
		"/api": {
			mayUse: []string{"github.com/oapi-codegen/runtime", "github.com/google/uuid", "github.com/apapsch/go-jsonmerge"},
			inside: []string{"/secret"},
		},
		"": {
			mayUse: []string{
				"github.com/oapi-codegen/runtime", "github.com/google/uuid", "github.com/apapsch/go-jsonmerge",
				"github.com/go-json-experiment/json", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp",
			},
			inside: []string{"/api", "/secret"},
		},
	} {
		t.Run(module+room, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, all, module+room)
			for _, dep := range all[module+room].Deps {
				if all[dep].Standard || allowed(dep, row.mayUse, row.inside) {
					continue
				}
				t.Errorf("%s must not depend on %s", module+room, dep)
			}
		})
	}
}

func allowed(dep string, mayUse, inside []string) bool {
	for _, room := range inside {
		if dep == module+room {
			return true
		}
	}
	for _, path := range mayUse {
		if dep == path || strings.HasPrefix(dep, path+"/") {
			return true
		}
	}
	return false
}

func TestProductionCodeDoesNotImportTesting(t *testing.T) {
	t.Parallel()
	for path, one := range list(t, "./...") {
		require.NotContains(t, one.Deps, "testing", path)
	}
}

func TestEveryRoomSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for path, one := range list(t, "./...") {
		if len(one.GoFiles) > 0 {
			require.NotEmpty(t, one.Doc, path)
		}
	}
}

func TestOnlyGeneratedFilesInAPI(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "api")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		require.Regexp(t, `(?m)^// Code generated .* DO NOT EDIT\.$`, string(data), file.Name())
	}
}
