package roomtokens_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// A service mints a client token and a refresh token for each participant.
func ExampleClient_CreateRoomClientToken() {
	telnyx := roomtokenstest.NewServer() // in a program: roomtokens.New(os.Getenv("TELNYX_API_KEY"))
	client := telnyx.Client()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	token, err := client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{
		TokenTTLSecs: 900,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("client token:", token.Token)
	fmt.Println("ends in", time.Until(token.TokenExpiresAt).Round(time.Minute))
	fmt.Println("refresh token:", token.RefreshToken)
	fmt.Println("ends in", time.Until(token.RefreshTokenExpiresAt).Round(time.Minute))
	// Output:
	// client token: [REDACTED]
	// ends in 15m0s
	// refresh token: [REDACTED]
	// ends in 1h0m0s
}

// Whoever holds the refresh token renews the client token, without an API key.
func ExampleClient_RefreshRoomClientToken() {
	telnyx := roomtokenstest.NewServer()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")
	minted, err := telnyx.Client().CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}

	participant, err := roomtokens.New("", roomtokens.WithoutAPIKey(), roomtokens.WithHTTPClient(telnyx.HTTPClient()))
	if err != nil {
		log.Fatal(err)
	}
	token, err := participant.RefreshRoomClientToken(context.Background(), room, api.RefreshRoomClientTokenRequest{
		RefreshToken: minted.RefreshToken,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a new token:", token.Token != minted.Token)
	// Output:
	// a new token: true
}

// Sentinels tell what went wrong; an *Error has the details.
func ExampleError() {
	client := roomtokenstest.NewServer().Client(
		roomtokens.WithAPIKeyFunc(func(context.Context) (string, error) { return "KEY_of_somebody_else", nil }))
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	_, err := client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if errors.Is(err, roomtokens.ErrUnauthorized) {
		fmt.Println("the key is wrong")
	}
	if refused, ok := errors.AsType[*roomtokens.Error](err); ok {
		fmt.Println(refused.Operation, refused.StatusCode, refused.Problems[0].Code)
	}

	_, err = client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{TokenTTLSecs: 5})
	fmt.Println(err)
	// Output:
	// the key is wrong
	// CreateRoomClientToken 401 10009
	// roomtokens: CreateRoomClientToken: invalid request: token_ttl_secs is 5, must be at least 10
}

// The generated client works alone; the bearer editor sends the key with the operation that takes one.
func ExampleBearerAuth() {
	telnyx := roomtokenstest.NewServer()
	client, err := api.NewClientWithResponses(api.ServerURL,
		api.WithHTTPClient(telnyx.HTTPClient()),
		api.WithRequestEditorFn(roomtokens.BearerAuth(telnyx.APIKey())))
	if err != nil {
		log.Fatal(err)
	}
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	resp, err := client.CreateRoomClientTokenWithResponse(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Status(), resp.JSON201.Data.Token)
	// Output:
	// 201 Created [REDACTED]
}
