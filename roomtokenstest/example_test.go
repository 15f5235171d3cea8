package roomtokenstest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// A rate limit is survived: the client tries again.
func ExampleRateLimited() {
	server := roomtokenstest.NewServer()
	server.Inject(roomtokenstest.RateLimited(0).Repeat(2))

	_, err := server.Client().CreateRoomClientToken(context.Background(), uuid.New(), api.CreateRoomClientTokenRequest{})
	fmt.Println(err)
	for _, r := range server.Requests() {
		fmt.Println(r.Operation, r.Status)
	}
	// Output:
	// <nil>
	// CreateRoomClientToken 429
	// CreateRoomClientToken 429
	// CreateRoomClientToken 201
}

// Whatever breaks the spec has a name, so that a test can go through all of it.
func ExampleMalformedAnswers() {
	server := roomtokenstest.NewServer()
	client := server.Client(roomtokens.WithMaxRetries(0))
	for _, fault := range roomtokenstest.MalformedAnswers()[:3] {
		server.Inject(fault)
		_, err := client.CreateRoomClientToken(context.Background(), uuid.New(), api.CreateRoomClientTokenRequest{})
		fmt.Println(fault.Name, errors.Is(err, roomtokens.ErrInvalidResponse))
	}
	// Output:
	// empty object true
	// null true
	// null data true
}

// A refresh token that has been revoked is refused.
func ExampleServer_Revoke() {
	server := roomtokenstest.NewServer()
	client, room, ctx := server.Client(), uuid.New(), context.Background()
	created, err := client.CreateRoomClientToken(ctx, room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(server.Revoke(created.RefreshToken))

	_, err = client.RefreshRoomClientToken(ctx, room, api.RefreshRoomClientTokenRequest{RefreshToken: created.RefreshToken})
	if refused, ok := errors.AsType[*roomtokens.Error](err); ok {
		fmt.Println(refused.StatusCode, refused.Problems[0].Detail)
	}
	// Output:
	// <nil>
	// 403 The refresh token is revoked.
}

// A fault can be written down as well: here, an outage of ten minutes.
func ExampleServer_Inject() {
	server := roomtokenstest.NewServer()
	server.Inject(roomtokenstest.Fault{
		Name: "outage", Status: 503, Body: "<h1>Back soon</h1>", Lasts: 10 * time.Minute, Operation: roomtokenstest.CreateOperation,
	})
	client := server.Client(roomtokens.WithMaxRetries(0))
	for range 2 {
		_, err := client.CreateRoomClientToken(context.Background(), uuid.New(), api.CreateRoomClientTokenRequest{})
		fmt.Println(server.Requests()[0].Fault, err != nil)
	}
	// Output:
	// outage true
	// outage true
}
