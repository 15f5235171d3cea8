package roomtokenstest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

// join stands for a service of your own, which lets people into a room.
func join(client *roomtokens.Client, room uuid.UUID) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, err := client.CreateRoomClientToken(r.Context(), room, api.CreateRoomClientTokenRequest{})
		if err != nil {
			http.Error(w, "no token to be had", http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, string(token.Token))
	}
}

// A service's own test: it hands out tokens that open the room, and says so where Telnyx refuses. In a test, give
// [roomtokenstest.NewServer] the option [roomtokenstest.WithTB].
func Example() {
	telnyx := roomtokenstest.NewServer()
	room := uuid.New()
	service := join(telnyx.Client(), room)

	w := httptest.NewRecorder()
	service(w, httptest.NewRequest(http.MethodPost, "/join", http.NoBody))
	claims, err := telnyx.Verify(secret.String(w.Body.String()))
	fmt.Println(w.Code, claims.RoomID == room, err)

	telnyx.Inject(named("refusal 10010"))
	w = httptest.NewRecorder()
	service(w, httptest.NewRequest(http.MethodPost, "/join", http.NoBody))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 true <nil>
	// 502 no token to be had
}
