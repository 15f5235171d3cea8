package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// command is one of the words that may follow the program's name.
type command struct {
	name     string
	operand  string // what the command is done to, such as ROOM_ID; empty where it takes nothing
	optional bool   // the operand may be left out
	summary  string // one line
	about    string
	details  func() string // more of about, where it takes a while to make
	example  string
	setup    func(*flag.FlagSet) action // defines the flags
}

// action does what a command is for, once its flags are parsed.
type action func(ctx context.Context, p *program, operand string) error

func commands() []command {
	return []command{
		createCommand(), refreshCommand(), watchCommand(), mockCommand(), demoCommand(), versionCommand(), helpCommand(),
	}
}

func commandNamed(name string) (command, bool) {
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// parse reads flags and operand in any order.
func (c command) parse(args []string) (act action, operand string, err error) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	act = c.setup(flags)
	var operands []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, "", err
		}
		if flags.NArg() == 0 {
			break
		}
		operands, args = append(operands, flags.Arg(0)), flags.Args()[1:]
	}
	switch most := min(len(c.operand), 1); {
	case len(operands) > most:
		// What is too much may be a token, so it is not quoted.
		return nil, "", fmt.Errorf("%d too many arguments (keys and tokens are never arguments, where others can see them)",
			len(operands)-most)
	case len(operands) == 1:
		return act, operands[0], nil
	case c.operand != "" && !c.optional:
		return nil, "", errors.New(c.operand + " is missing")
	}
	return act, "", nil
}
