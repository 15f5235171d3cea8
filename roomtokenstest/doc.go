// Package roomtokenstest holds a fake of Telnyx's two room client token operations, for the tests of anything that
// calls them: a Go service, or a program in any language when [Server] is served on a port.
//
// The fake keeps to openapi.yaml: it validates each request against it, and its tests hold every response of its own
// against it. Its tokens are signed JWTs that expire by its clock. What the spec leaves open it refuses as follows. The
// codes are those that Telnyx documents, and 401, 403, 404 and 429 go with theirs; which of the other statuses Telnyx
// gives when is not known, and this is the fake's choice:
//
//	400 10015  the body is not JSON, has a name twice in an object, or is not in UTF-8
//	401 10009  the API key is missing or unknown; the refresh token is not this server's, or has expired
//	403 10010  the API key may not use the room; the refresh token is revoked, is for another room, or is a client token
//	404 10005  there is no such room, or no such path
//	405 10015  the path has another method
//	413 10015  the body is larger than 1 MiB
//	415 10015  the body is not application/json, or is compressed
//	422 10004  the body, or something that it must have, is missing
//	422 10006  the room's id is not a UUID
//	422 10015  something in the body has a type or a value that the spec does not allow
//	429 10011  the requests of a window are used up
//	501 10007  the operation is in the spec, and the fake does not perform it
//
// Refusals come in an envelope, {"errors": [video_Error]}, except 403, which the spec documents as a bare video_Error;
// [WithForbiddenEnvelope] puts that one in an envelope too, as Telnyx often does. Every response carries X-Request-Id,
// the X-Ratelimit headers and a Date by the server's clock.
//
// [Server.Inject] scripts what else can happen: refusals, responses that break the spec, broken connections, waits.
// [Faults] has such faults by name, and [ParseFaults] reads a script of them. [Server.Requests] tells what arrived.
//
// # Tests side by side
//
// A [Server] costs a test little: give each one its own. Where they share one, such as a process of "roomtokens mock",
// give each a room of its own: a [Fault] can be for one room, and a [Filter] selects its requests and faults.
//
// # What the fake does not do
//
// It performs the two operations alone; another one in the spec gets a 501. It knows no accounts: every room exists
// for every valid key, unless [WithRooms] or [WithAPIKey] says otherwise, and its rate limit counts the requests of
// all keys together. Nobody joins a room, and its tokens open none of Telnyx's. It keeps what was revoked, the newest
// requests and the pending faults until [Server.Reset], and nothing beyond the process. It does not listen on a port
// or speak TLS: package http serves it. The paths under /_mock are those of "roomtokens mock".
//
// # Waits
//
// A client waits before it retries, and tokens last for minutes. In a bubble of [testing/synctest] that takes no time,
// since [Server.Client] and [Server.HTTPClient] need no socket and the fake has no clock but [time.Now]:
//
//	func TestJoin(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			telnyx := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
//			service := NewService(telnyx.Client())
//			telnyx.Inject(roomtokenstest.Faults()["rate limited"]) // asks for a second's wait
//
//			token, err := service.Join(t.Context(), room)
//			require.NoError(t, err)
//			claims, err := telnyx.Verify(token) // as the media edge would
//			require.NoError(t, err)
//			require.Equal(t, room, claims.RoomID)
//
//			time.Sleep(10 * time.Minute)
//			_, err = telnyx.Verify(token)
//			require.ErrorIs(t, err, roomtokenstest.ErrTokenExpired)
//		})
//	}
package roomtokenstest
