package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

const environment = `Environment:
  TELNYX_API_KEY       Telnyx API v2 key. A key is never an argument.
  TELNYX_API_KEY_FILE  file that holds the key, in place of TELNYX_API_KEY
  TELNYX_BASE_URL      server to talk to, where there is no -base-url
  TELNYX_ROOM_ID       room for the demo
  HTTPS_PROXY          proxy, with NO_PROXY for what goes past it

Exit codes:
  0    done
  1    the API refused, or its answer was not valid
  2    wrong use: an argument, an input or a file
  3    network: no answer, or no port to listen on
  130  interrupted before it was done
`

func helpCommand() command {
	return command{
		name: "help", operand: "COMMAND", optional: true,
		summary: "show this, or how one command is used",
		about:   "Shows the commands, or how one of them is used.",
		example: "roomtokens help create",
		setup:   func(*flag.FlagSet) action { return help },
	}
}

func help(_ context.Context, p *program, name string) error {
	if name == "" {
		return p.print(overview())
	}
	cmd, ok := commandNamed(name)
	if !ok {
		return wrongUse("help: there is no such command; see: roomtokens help")
	}
	return p.print(cmd.help())
}

func overview() string {
	var b strings.Builder
	b.WriteString("Usage: roomtokens COMMAND [ARGUMENTS]\n\n")
	b.WriteString("Creates and refreshes Telnyx room client tokens. Results go to standard output, all else to standard error.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s%s\n", c.name, c.summary)
	}
	b.WriteString("\n" + environment)
	return b.String()
}

// help says how the command is used.
func (c command) help() string {
	var b, defaults strings.Builder
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(&defaults)
	c.setup(flags)
	flags.PrintDefaults()

	fmt.Fprintf(&b, "Usage: roomtokens %s\n\n%s\n", c.usage(defaults.Len() > 0), c.about)
	if c.details != nil {
		fmt.Fprintf(&b, "\n%s\n", c.details())
	}
	if defaults.Len() > 0 {
		fmt.Fprintf(&b, "\nFlags:\n%s", defaults.String())
	}
	fmt.Fprintf(&b, "\nExample:\n  %s\n", strings.ReplaceAll(c.example, "\n", "\n  "))
	return b.String()
}

func (c command) usage(hasFlags bool) string {
	out := c.name
	switch {
	case c.optional:
		out += " [" + c.operand + "]"
	case c.operand != "":
		out += " " + c.operand
	}
	if hasFlags {
		out += " [FLAGS]"
	}
	return out
}
