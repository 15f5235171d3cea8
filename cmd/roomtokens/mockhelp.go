package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const mockHelp = `Serves a fake of Telnyx's two room client token operations until interrupted with Ctrl-C. It validates
requests against the spec and signs real JWTs. Its base URL and an API key go to standard output. The key in
TELNYX_API_KEY or TELNYX_API_KEY_FILE is valid as well, for tests that need a fixed one. Paths work with and without
/v2. With --verbose each request is logged, without secrets; a line that cannot be written at once is dropped.

It listens to its own tests only: /_mock refuses web pages, but for those on loopback or named with
--allow-origin, and every path refuses a Host that is not an IP address, localhost or the host of --addr.

Tests control a running mock over HTTP:

  GET /_mock/health             200 as soon as it listens
  POST /_mock/faults            adds faults; the body is a fault script
  GET /_mock/faults             the faults that are not used up: name, operation, and the times or the time left
  DELETE /_mock/faults          forgets them
  GET /_mock/requests           the newest 10000 requests, as a JSON array without secrets
  DELETE /_mock/requests        forgets them
  DELETE /_mock                 resets it: no requests, faults or revocations, a new rate limit window
  GET /.well-known/jwks.json    the key that verifies its tokens, with the algorithm Ed25519 (RFC 9864): jose knows that
                                from version 5 on; jsonwebtoken 9 and PyJWT 2.6 do not

A fault script is a JSON array. Each request uses up the first fault for its operation:

  [
    {"fault": "rate limited", "times": 2, "operation": "CreateRoomClientToken"},
    {"delay": "3s"},
    {"status": 503, "headers": {"Retry-After": "1"}, "body": "down"}
  ]

  operation    CreateRoomClientToken or RefreshRoomClientToken; default: any request
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

// predefinedFaults lists the names that a fault script may give.
func predefinedFaults() string {
	return "  " + strings.Join(slices.Sorted(maps.Keys(roomtokenstest.Faults())), "\n  ")
}
