package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const faultsFlag = "faults"

// readFaults reads a fault script. Without a file, there are no faults.
func (p *program) readFaults(ctx context.Context, file string) ([]roomtokenstest.Fault, error) {
	if file == "" {
		return nil, nil
	}
	script, err := p.readInput(ctx, "--"+faultsFlag, file)
	if err != nil {
		return nil, err
	}
	faults, err := roomtokenstest.ParseFaults([]byte(script))
	if err != nil {
		return nil, usagef("--%s: %s: %s", faultsFlag, file, plain(err))
	}
	return faults, nil
}

const faultHelp = `A fault script is a JSON array. Each request uses up the first fault for its operation:

  [
    {"fault": "rate limited", "times": 2, "operation": "CreateRoomClientToken"},
    {"fault": "delay", "delay": "3s"},
    {"status": 503, "headers": {"Retry-After": "1"}, "body": "down"}
  ]

  fault        a predefined fault, by name; the other fields override its own
  name         for the log and for /_mock/requests
  operation    CreateRoomClientToken or RefreshRoomClientToken; default: any request
  times        number of requests; default: 1
  lasts        in place of times: every request for this long from the first one on, such as "5s"
  delay        time before the response
  reset        true: the connection breaks before the response
  truncate     true: the connection breaks in the middle of the body
  clock_skew   added to the server's clock for this response
  status       of the response, 200 to 599; default: the server's own response
  headers      set in the response; null removes one
  problems     array of video_Error for the body
  body         the body as it is, if there are no problems; default from status 400 on: that of Telnyx
  size         bytes that the body is filled up to with white space`

// predefinedFaults lists the names that a fault script may give.
func predefinedFaults() string {
	const width = 110
	text, line := "Predefined faults:\n", " "
	for _, name := range slices.Sorted(maps.Keys(roomtokenstest.Faults())) {
		if len(line)+len(name) > width {
			text, line = text+line+"\n", " "
		}
		line += fmt.Sprintf(" %s,", name)
	}
	return text + strings.TrimSuffix(line, ",")
}
