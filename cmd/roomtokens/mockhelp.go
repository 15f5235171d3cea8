package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const mockOverview = `Serves a fake of Telnyx's two room client token operations until interrupted with Ctrl-C. It
validates requests against the spec and signs real JWTs. Its base URL and an API key go to standard output. The key in
TELNYX_API_KEY or TELNYX_API_KEY_FILE is valid as well, for tests that need a fixed one. Paths work with and without
/v2. With --verbose each request is logged, without secrets; it waits for whoever does not read its log.

It listens to its own tests only: /_mock refuses web pages, but for those on loopback or named with --allow-origin,
and every path refuses a Host that is not an IP address, localhost, the host of --addr or named with --allow-host.
In a container named mock, that is --addr :4010 --allow-host mock; its URL is then plain http to another host, which the
other commands take with --insecure-http, and the Go client with WithInsecureHTTP.

Tests control a running mock over HTTP:

`

const mockHelpOnFaults = `
GET and DELETE of faults and of requests take ?operation=…, ?room_id=… or both. Tests that run side by side share a mock
if each has a room of its own, and names it in its faults and queries; DELETE /_mock is for all of them.

A request is listed with its time (UTC), operation, room, method, path, headers and body, the status of the response,
code and detail of a refusal, and the name of its fault.

A mock that starts again does not know the tokens of the one before: watch then creates, if it has a key.

Tokens are signed with Ed25519 (RFC 9864): jose knows that from version 5 on; jsonwebtoken 9 and PyJWT 2.6 do not.

A fault script is a JSON array. Each request uses up the first fault for its operation and room:

  [
    {"fault": "rate limited", "times": 2, "operation": "CreateRoomClientToken"},
    {"delay": "3s", "room_id": "7b61f5a4-2c1d-4d0e-9a53-d1c1f0a2b3c4"},
    {"status": 503, "headers": {"Retry-After": "1"}, "body": "down"}
  ]

  operation    CreateRoomClientToken or RefreshRoomClientToken; default: any request
  room_id      room, a UUID; default: any request
  times        number of requests; default: 1
  lasts        in place of times: every request for this long from the first one on, such as "5s"
  name         for the log and for /_mock/requests

An entry has these fields beside "fault", which names a predefined fault, or beside any of the following:

  delay        time before the response
  reset        true: the connection breaks before the response
  truncate     true: the connection breaks in the middle of the body
  clock_skew   added to the server's clock for this response
  status       of the response, 200 to 599; default: the server's own response
  headers      set in the response; null removes one
  problems     array of video_Error for the body
  body         the body as it is, if there are no problems; default from status 400 on: that of Telnyx
  size         bytes that the body is filled up to with white space

Predefined faults:

`

func mockHelp() string {
	var paths strings.Builder
	for _, route := range new(mockHandler).routes() {
		fmt.Fprintf(&paths, "  %-29s %s\n", route.pattern, route.does)
	}
	names := slices.Sorted(maps.Keys(roomtokenstest.Faults()))
	return mockOverview + paths.String() + mockHelpOnFaults + "  " + strings.Join(names, "\n  ")
}
