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

// Predefined faults have names.
func ExampleFaults() {
	server := roomtokenstest.NewServer()
	server.Inject(roomtokenstest.Faults()["refusal 10010"])

	_, err := server.Client().CreateRoomClientToken(context.Background(), uuid.New(), api.CreateRoomClientTokenRequest{})
	fmt.Println(errors.Is(err, roomtokens.ErrForbidden))
	for _, r := range server.Requests() {
		fmt.Println(r.Operation, r.Status)
	}
	// Output:
	// true
	// CreateRoomClientToken 403
}

// A test can read its faults from a file.
func ExampleParseFaults() {
	faults, err := roomtokenstest.ParseFaults([]byte(`[
		{"fault": "rate limited", "times": 2, "operation": "CreateRoomClientToken"},
		{"delay": "3s"},
		{"status": 503, "headers": {"Retry-After": "1"}, "body": "down"}
	]`))
	fmt.Println(err)
	for _, f := range faults {
		fmt.Println(f.Name, f.Status, f.Times, f.Delay, f.Header["Retry-After"])
	}
	// Output:
	// <nil>
	// rate limited 429 2 0s [1]
	// scripted 0 0 3s []
	// scripted 503 0 0s [1]
}

// A client token opens one room for a time. A refresh token opens none.
func ExampleServer_Verify() {
	server := roomtokenstest.NewServer()
	room := uuid.New()
	token, err := server.Client().CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := server.Verify(token.Token)
	fmt.Println(claims.RoomID == room, claims.ExpiresAt.Sub(claims.IssuedAt), err)

	_, err = server.Verify(token.RefreshToken)
	fmt.Println(errors.Is(err, roomtokenstest.ErrTokenInvalid))
	// Output:
	// true 10m0s <nil>
	// true
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

	_, err = client.RefreshRoomClientToken(
		ctx,
		room,
		api.RefreshRoomClientTokenRequest{RefreshToken: created.RefreshToken},
	)
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
		Name:      "outage",
		Status:    503,
		Body:      "<h1>Back soon</h1>",
		Lasts:     10 * time.Minute,
		Operation: api.OperationCreateRoomClientToken,
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
