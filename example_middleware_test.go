package roomtokens_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// quota notes what the headers of each response say. An *Error has them too, but a success returns a token alone.
type quota struct{ next http.RoundTripper }

func (q quota) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := q.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	fmt.Println(resp.Status, "has a request id:", resp.Header.Get("X-Request-Id") != "")
	fmt.Println("requests left:", resp.Header.Get("X-Ratelimit-Remaining"), "of", resp.Header.Get("X-Ratelimit-Limit"))
	return resp, nil
}

// Middleware reads the request id and the rate limit of a success.
func ExampleWithMiddleware() {
	client := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(100, time.Minute)).Client(
		roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper { return quota{next} }))
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	_, err := client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 201 Created has a request id: true
	// requests left: 99 of 100
}

// spans names the span of each attempt, without the room's id.
type spans struct{ next http.RoundTripper }

func (s spans) RoundTrip(req *http.Request) (*http.Response, error) {
	if attempt, ok := roomtokens.AttemptFromContext(req.Context()); ok {
		fmt.Println(attempt.Operation, "attempt", attempt.Number)
		fmt.Println(req.Method, attempt.Operation.Path())
	}
	return s.next.RoundTrip(req)
}

// Middleware for traces or metrics learns which attempt of which operation a request is.
func ExampleAttemptFromContext() {
	client := roomtokenstest.NewServer().Client(
		roomtokens.WithMiddleware(func(next http.RoundTripper) http.RoundTripper { return spans{next} }))
	room := uuid.MustParse("3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60")

	_, err := client.CreateRoomClientToken(context.Background(), room, api.CreateRoomClientTokenRequest{})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// CreateRoomClientToken attempt 1
	// POST /rooms/{room_id}/actions/generate_join_client_token
}
