package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootLong = `Creates and refreshes Telnyx room client tokens. Results go to standard output, all else to standard
error.

Environment:
  TELNYX_API_KEY       Telnyx API v2 key. A key is never an argument.
  TELNYX_API_KEY_FILE  file that holds the key, in place of TELNYX_API_KEY
  TELNYX_ROOM_ID       room, without the argument ROOM_ID
  TELNYX_BASE_URL      server to call, without --base-url
  HTTPS_PROXY          proxy, but for the hosts in NO_PROXY

Exit codes:
  0    done
  1    the API refused, or its response was not valid
  2    usage: an argument, an input or a file
  3    network: no response, or no port to listen on
  130  interrupted before it was done`

// newRootCommand returns the command line. Help and completions go to out.
func newRootCommand(p *program, out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:     "roomtokens",
		Short:   "Create and refresh Telnyx room client tokens",
		Long:    rootLong,
		Example: "  roomtokens demo",
		Version: buildVersion(),
		Args:    knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(p.stderr)
			_ = cmd.Usage()
			return usagef("a command is missing")
		},
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(p.stdin)
	root.SetOut(out)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVarP(&p.quiet, "quiet", "q", false, "report errors only")
	root.PersistentFlags().BoolVarP(&p.verbose, "verbose", "v", false, "report each request")
	root.AddCommand(
		newCreateCommand(p), newRefreshCommand(p), newWatchCommand(p),
		newMockCommand(p), newDemoCommand(p), newVersionCommand(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		limitArguments(cmd)
		if cmd.Name() == "help" {
			cmd.Args = knownTopic
		}
	}
	return root
}

// limitArguments replaces cobra's messages about arguments, which quote them: one may be a misplaced key or token.
func limitArguments(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) != nil {
				return usagef("too many arguments (keys and tokens are never arguments); usage: %s", cmd.UseLine())
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		limitArguments(child)
	}
}

func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	suggestion := ""
	if names := root.SuggestionsFor(args[0]); len(names) > 0 {
		suggestion = ", did you mean " + strings.Join(names, " or ") + "?"
	}
	return usagef("unknown command%s; see: roomtokens --help", suggestion)
}

func knownTopic(help *cobra.Command, args []string) error {
	_, unknown, err := help.Root().Find(args)
	if err != nil {
		return usagef("unknown help topic")
	}
	return knownCommand(help.Root(), unknown)
}

// flagError replaces pflag's messages, which quote values.
func flagError(cmd *cobra.Command, err error) error {
	see := "; see: " + cmd.CommandPath() + " --help"
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return usagef("unknown flag%s%s", unknownFlag(cmd, e), see)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usagef("flag --%s needs a value%s", e.GetFlag().Name, see)
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef("flag --%s %s%s", e.GetFlag().Name, requirement(e), see)
	}
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	return usagef("a flag is not well-formed%s", see)
}

// unknownFlag names the flag if it cannot be a secret: keys and tokens have more than lower-case letters.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) string {
	name := e.GetSpecifiedName()
	if short := e.GetSpecifiedShortnames(); cmd.Flags().Lookup(short) != nil {
		return " -" + short + ", did you mean --" + short + "?"
	}
	if !regexp.MustCompile(`^[a-z][a-z-]{0,24}$`).MatchString(name) || e.GetSpecifiedShortnames() != "" {
		return ""
	}
	return " --" + name
}

// requirement says what a value must be. Flags that check their own values do not quote them.
func requirement(e *pflag.InvalidValueError) string {
	if kind := e.GetFlag().Value.Type(); kind != "func" {
		return "must be a " + kind
	}
	return e.Unwrap().Error()
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show which build this is",
		Long:    "Shows the version of the module, with the commit that it was built from if known, and the Go release.",
		Example: "  roomtokens version",
		Args:    cobra.NoArgs,
		Run:     func(cmd *cobra.Command, _ []string) { cmd.Printf("roomtokens version %s\n", cmd.Root().Version) },
	}
}

func buildVersion() string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return fmt.Sprintf("%s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
