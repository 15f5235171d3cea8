package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Variables of the environment.
const (
	keyVariable     = "TELNYX_API_KEY"
	keyFileVariable = "TELNYX_API_KEY_FILE"
	roomIDVariable  = "TELNYX_ROOM_ID"
	baseURLVariable = "TELNYX_BASE_URL"
)

const rootLong = `Creates and refreshes Telnyx room client tokens. Results go to standard output, all else to standard
error.

Environment:
  TELNYX_API_KEY       Telnyx API v2 key. A key is never an argument.
  TELNYX_API_KEY_FILE  file that holds the key, in place of TELNYX_API_KEY
  TELNYX_ROOM_ID       room, without the argument ROOM_ID
  TELNYX_BASE_URL      server to call, without --base-url
  HTTPS_PROXY          proxy, but for the hosts in NO_PROXY

Where a file is named, - is standard input.

Exit codes:
  0  done
  1  the API refused, or its response was not valid
  2  usage: an argument, an input or a file
  3  network: no response, or no port to listen on`

func newRootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:               "roomtokens",
		Short:             "Create and refresh Telnyx room client tokens",
		Long:              rootLong,
		Example:           "  roomtokens demo",
		Version:           buildVersion(),
		PersistentPreRun:  func(*cobra.Command, []string) { p.parsed = true },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DefaultShellCompDirective: new(cobra.ShellCompDirectiveNoFileComp)},
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.PersistentFlags().BoolVarP(&p.quiet, "quiet", "q", false, "report errors only")
	root.PersistentFlags().BoolVarP(&p.verbose, "verbose", "v", false, "report each request")
	root.AddCommand(
		newCreateCommand(p), newRefreshCommand(p), newWatchCommand(p), newMockCommand(p), newDemoCommand(p),
	)
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.SetOut(p.stderr) // where it names an unknown topic, which may be a secret
	return root
}

func buildVersion() string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return fmt.Sprintf("%s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
