package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show which build this is",
		Long:    "Shows the version of the module, the commit that it was built from if known, and the Go release.",
		Example: "  roomtokens version",
		Args:    cobra.NoArgs,
		Run:     func(cmd *cobra.Command, _ []string) { cmd.Printf("roomtokens version %s\n", cmd.Root().Version) },
	}
}

func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return describe(info)
}

// describe is one line about a build.
func describe(info *debug.BuildInfo) string {
	out := info.Main.Version
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
