package roomtokens_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// A bot that stays in a room asks for the token whenever it needs one.
func ExampleClient_TokenSource() {
	client := roomtokenstest.NewServer().Client()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	source, err := client.TokenSource(room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		token, err := source.Token(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("valid for", time.Until(token.TokenExpiresAt).Round(time.Minute))
	}
	// Output:
	// valid for 10m0s
	// valid for 10m0s
	// valid for 10m0s
}

// A bot passes each new token on to its media client, for as long as it stays.
func ExampleTokenSource_Tokens() {
	client := roomtokenstest.NewServer().Client()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")
	source, err := client.TokenSource(room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}

	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	for token, err := range source.Tokens(ctx) {
		if err != nil {
			fmt.Println("no token at present:", err) // the loop goes on
			continue
		}
		fmt.Println("to the media client:", token.Token)
		leave() // in a bot: when the meeting is over
	}
	fmt.Println("left")
	// Output:
	// to the media client: [REDACTED]
	// left
}

// A participant who was handed a pair keeps it fresh without an API key.
func ExampleWithInitialToken() {
	telnyx := roomtokenstest.NewServer()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")
	pair, err := telnyx.Client().CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}

	participant, err := roomtokens.New("", roomtokens.WithoutAPIKey(), roomtokens.WithHTTPClient(telnyx.HTTPClient()))
	if err != nil {
		log.Fatal(err)
	}
	source, err := participant.TokenSource(room, api.CreateRoomClientTokenRequest{}, roomtokens.WithInitialToken(pair))
	if err != nil {
		log.Fatal(err)
	}
	token, err := source.Token(context.Background())
	fmt.Println("the one that was handed out:", token.Token == pair.Token, err)

	source.Invalidate(token) // as when the room has refused it
	token, err = source.Token(context.Background())
	fmt.Println("another one:", token.Token != pair.Token, err)
	// Output:
	// the one that was handed out: true <nil>
	// another one: true <nil>
}

// A service stores its pair before a restart, and goes on with it after that.
func ExampleWithInitialToken_restart() {
	client := roomtokenstest.NewServer().Client()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")
	before, err := client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}
	stored, err := json.Marshal(before) // with its secrets in clear: keep it as you keep a key
	if err != nil {
		log.Fatal(err)
	}

	var after roomtokens.ClientToken
	if err := json.Unmarshal(stored, &after); err != nil {
		log.Fatal(err)
	}
	source, err := client.TokenSource(room, api.CreateRoomClientTokenRequest{}, roomtokens.WithInitialToken(&after))
	if err != nil {
		log.Fatal(err)
	}
	token, err := source.Token(context.Background())
	fmt.Println("the same token:", token.Token == before.Token, err)
	// Output:
	// the same token: true <nil>
}

// An observer tells of each fetch, those in the background included, in logs and metrics.
func ExampleWithFetchObserver() {
	client := roomtokenstest.NewServer().Client()
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")
	events := make(chan roomtokens.FetchEvent, 1)
	source, err := client.TokenSource(room, api.CreateRoomClientTokenRequest{},
		roomtokens.WithFetchObserver(func(event roomtokens.FetchEvent) { events <- event }))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := source.Token(context.Background()); err != nil {
		log.Fatal(err)
	}

	event := <-events
	fmt.Println(event.Operation, "error:", event.Err)
	fmt.Println("the next one before the token expires:", event.Wait < 10*time.Minute)
	// Output:
	// CreateRoomClientToken error: <nil>
	// the next one before the token expires: true
}
