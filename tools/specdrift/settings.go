package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

type settings struct {
	format   string
	spec     string
	upstream string
	write    bool
	commit   string
	date     string
}

func parseSettings(args []string) (settings, error) {
	s := settings{format: formatText}
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.format, "format", formatText, "text, json or github")
	flags.StringVar(&s.spec, "spec", "openapi.yaml", "the project's document")
	flags.BoolVar(&s.write, "write", false, "bring the project's document in step")
	flags.StringVar(&s.commit, "commit", "", "with -write: upstream's commit, for info.x-upstream")
	flags.StringVar(&s.date, "date", "", "with -write: upstream's date, for info.x-upstream")
	operands, err := parseInterspersed(flags, args)
	if err != nil {
		s.format = formatText
		return s, usage(err)
	}
	if !slices.Contains([]string{formatText, formatJSON, formatGitHub}, s.format) {
		err := fmt.Errorf("no such format: %q", s.format)
		s.format = formatText
		return s, usage(err)
	}
	if len(operands) != 1 || operands[0] == "" {
		return s, usage(errors.New("name one upstream document"))
	}
	if !s.write && (s.commit != "" || s.date != "") {
		return s, usage(errors.New("-commit and -date go with -write"))
	}
	if s.commit != "" && !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(s.commit) {
		return s, usage(errors.New("-commit is not a commit's 40 hexadecimal digits"))
	}
	if _, err := time.Parse(time.DateOnly, s.date); s.date != "" && err != nil {
		return s, usage(errors.New("-date is not a date such as 2026-07-16"))
	}
	s.upstream = operands[0]
	return s, nil
}

// parseInterspersed lets flags follow the operand too.
func parseInterspersed(flags *flag.FlagSet, args []string) ([]string, error) {
	var operands []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

const usageLine = "usage: specdrift [-format text|json|github] [-spec FILE] " +
	"[-write [-commit SHA] [-date YYYY-MM-DD]] UPSTREAM"

func usage(err error) error { return fmt.Errorf("%w; %s", err, usageLine) }
