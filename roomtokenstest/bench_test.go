package roomtokenstest_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// BenchmarkCreate measures a create through the client and the fake, validation in both directions included.
func BenchmarkCreate(b *testing.B) {
	server := roomtokenstest.NewServer()
	client, room := server.Client(), uuid.New()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.CreateRoomClientToken(b.Context(), room, api.CreateRoomClientTokenRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewServer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		roomtokenstest.NewServer()
	}
}
