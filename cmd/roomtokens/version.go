package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionCommand() command {
	return command{
		name:    "version",
		summary: "show which build this is",
		about:   "Shows the version of the module, the commit that it was built from where that is known, and the Go release.",
		example: "roomtokens version",
		setup:   func(*flag.FlagSet) action { return version },
	}
}

func version(_ context.Context, p *program, _ string) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return wrongUse("version: this program was built without module support")
	}
	return p.print(describe(info) + "\n")
}

// describe is one line about a build.
func describe(info *debug.BuildInfo) string {
	out := "roomtokens " + info.Main.Version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		out += " " + revision[:min(len(revision), 12)]
		if settings["vcs.modified"] == "true" {
			out += " (modified)"
		}
	}
	return fmt.Sprintf("%s %s %s/%s", out, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}
