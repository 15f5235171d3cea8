// Package roomtokens mints and refreshes the client tokens that people and programs need to join a Telnyx video room.
//
// A service that holds a Telnyx API key asks [Client.CreateRoomClientToken] for a client token and a refresh token and
// hands them to a participant. Whoever holds the refresh token later trades it for a fresh client token with
// [Client.RefreshRoomClientToken], for which no API key is needed or sent.
//
// Requests, answers and their types are generated from openapi.yaml into package api. This package adds what a service
// needs around a call: the bearer key on the operation that takes one and on no other, a check of the spec's bounds
// before anything is sent, and one error type, [*Error], for every answer that is not the documented 201.
//
// A [Client] is safe for use by many goroutines at once. Make one and keep it: it owns a pool of connections.
package roomtokens
