package roomtokenstest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const (
	creates   = api.OperationCreateRoomClientToken
	refreshes = api.OperationRefreshRoomClientToken
)

// byRoom returns a server that has had a request for each of two faults in each of two rooms, and then for one of no
// room. Of each fault, one time is left.
func byRoom(t *testing.T, rooms map[string]uuid.UUID) *roomtokenstest.Server {
	t.Helper()
	server := roomtokenstest.NewServer()
	for _, name := range []string{"here", "there"} {
		id := rooms[name]
		server.Inject(
			roomtokenstest.Fault{Name: "create " + name, Operation: creates, RoomID: id, Times: 2},
			roomtokenstest.Fault{Name: "refresh " + name, Operation: refreshes, RoomID: id, Times: 2},
		)
	}
	server.Inject(roomtokenstest.Fault{Name: "any", Times: 2})
	for _, name := range []string{"here", "there"} {
		created := create(t, server.Client(), rooms[name])
		_, err := refresh(t, server.Client(), rooms[name], created.RefreshToken)
		require.NoError(t, err)
	}
	server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	return server
}

// faultsMet are the names of the faults of requests, and pending those of faults.
func faultsMet(requests []roomtokenstest.Request) (names []string) {
	for _, r := range requests {
		names = append(names, r.Fault)
	}
	return names
}

func pending(faults []roomtokenstest.Fault) (names []string) {
	for _, f := range faults {
		names = append(names, f.Name)
	}
	return names
}

func TestFilters(t *testing.T) {
	t.Parallel()
	rooms := map[string]uuid.UUID{"here": uuid.MustParse(room), "there": uuid.MustParse(otherRoom)}
	everything := []string{"create here", "refresh here", "create there", "refresh there", "any"}
	type filters = []roomtokenstest.Filter
	for name, tt := range map[string]struct {
		filters filters
		want    []string
	}{
		"none":         {nil, everything},
		"zero":         {filters{{}}, everything},
		"a room":       {filters{{RoomID: rooms["there"]}}, []string{"create there", "refresh there"}},
		"an operation": {filters{{Operation: creates}}, []string{"create here", "create there"}},
		"both":         {filters{{refreshes, rooms["there"]}}, []string{"refresh there"}},
		"a third room": {filters{{RoomID: uuid.Max}}, nil},
		"two": {
			filters{{creates, rooms["here"]}, {refreshes, rooms["there"]}}, []string{"create here", "refresh there"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := byRoom(t, rooms)
			require.Equal(t, tt.want, faultsMet(server.Requests(tt.filters...)))
			require.Equal(t, tt.want, pending(server.PendingFaults(tt.filters...)))

			server.ClearRequests(tt.filters...)
			server.ClearFaults(tt.filters...)
			var others []string
			for _, name := range everything {
				if !slices.Contains(tt.want, name) {
					others = append(others, name)
				}
			}
			require.Equal(t, others, faultsMet(server.Requests()))
			require.Equal(t, others, pending(server.PendingFaults()))
		})
	}
}
