// Package roomtokens mints and refreshes the client tokens that people and programs need to join a Telnyx video room.
//
// A service that holds a Telnyx API key asks [Client.CreateRoomClientToken] for a client token and a refresh token and
// hands them to a participant. Whoever holds the refresh token later trades it for a fresh client token with
// [Client.RefreshRoomClientToken], for which no API key is needed or sent.
//
// Requests, responses and their types are generated from openapi.yaml into package api. This package adds what a
// service needs around a call: the bearer key on the operation that takes one and on no other, a check of the spec's
// bounds before anything is sent, and one error type, [*Error], for every call that does not end in the documented 201.
//
// # Retries
//
// A failed attempt is retried, three times unless [WithMaxRetries] says otherwise: after connection errors, after
// attempts that took longer than [WithAttemptTimeout] allows, and after 408, 429 and 5xx. It is not retried after a
// failure of TLS or of a certificate, after 409 or another 4xx, or after a response that breaks the spec. A server that
// refuses a client certificate over TLS 1.3 does so after the handshake, which may look like a lost connection and be
// retried.
//
// Both operations are safe to repeat. A token that was created twice is two grants, which expire by themselves;
// refreshing does not use up the refresh token.
//
// The wait before the n-th retry is random, from half of 0.5 s × 2ⁿ⁻¹ to the whole, and at most 8 s. Three of them take
// 1.75 to 3.5 s: a call with the default options outlives a server that restarts in 1.75 s, however it fails meanwhile.
// A valid Retry-After, in seconds or as a date, and on 429 a valid X-Ratelimit-Reset take the wait's place, with up to
// a tenth on top, so that not all who were told the same come back at once.
//
// There is no retry where the server asks to wait for longer than 30 s, or where the wait would outlive the context's
// deadline: the last response is returned at once, and [Error.RetryAfter] says how long to wait.
//
// An [*Error] says how the last attempt ended. Where a context ended a call, the error matches [context.Canceled] or
// [context.DeadlineExceeded], and the context's cause; where an attempt timed out, [context.DeadlineExceeded].
//
// # Use
//
// A [Client] is safe for use by many goroutines at once. Make one and keep it: it owns a pool of connections, 1000 at
// the most, and as many again for the short time in which one pool replaces another. They are used for 5 min, so that a
// change of DNS is seen by then; others are dialed where some may be dead. A change of the system's CA certificates
// takes a restart: a Go program reads them once. Where a resolver has search domains, as in a Kubernetes pod, a dot at
// the end of the base URL's host saves asking for each of them: https://api.telnyx.com./v2.
package roomtokens
