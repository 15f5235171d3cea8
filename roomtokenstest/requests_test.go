package roomtokenstest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

func TestRequestsTellWhatArrived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged []roomtokenstest.Request
		server := roomtokenstest.NewServer(roomtokenstest.WithRequestLog(func(r roomtokenstest.Request) {
			logged = append(logged, r)
		}))
		client, id := server.Client(roomtokens.WithUserAgent("mine/1")), uuid.MustParse(room)
		created, err := client.CreateRoomClientToken(t.Context(), id, api.CreateRoomClientTokenRequest{TokenTTLSecs: 60})
		require.NoError(t, err)
		time.Sleep(time.Second)
		server.Inject(named("reset"))
		_, err = refresh(t, client, id, created.RefreshToken)
		require.NoError(t, err)

		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/elsewhere?x=1", http.NoBody))

		got := server.Requests()
		require.Len(t, got, 4)
		require.Equal(t, got, logged)
		require.Regexp(t, `^mine/1 roomtokens-go/`, got[0].Header.Get("User-Agent"))
		require.NotContains(t, got[0].Header, "Authorization")
		for i := range got {
			got[i].Header = nil
		}
		now := time.Now().UTC()
		require.Equal(t, roomtokenstest.Request{
			Time: got[0].Time, Operation: api.OperationCreateRoomClientToken, RoomID: id, Method: "POST", URI: createPath,
			Authorization: secret.String("Bearer " + server.APIKey()), Body: `{"token_ttl_secs":60}`, Status: 201,
		}, got[0])
		refreshed := roomtokenstest.Request{
			Time: got[1].Time, Operation: api.OperationRefreshRoomClientToken, RoomID: id, Method: "POST", URI: refreshPath,
			Body: `{"refresh_token":"` + created.RefreshToken + `"}`, Fault: "reset",
		}
		require.Equal(t, refreshed, got[1])
		refreshed.Time, refreshed.Fault, refreshed.Status = got[2].Time, "", 201
		require.Equal(t, refreshed, got[2])
		require.Equal(t, roomtokenstest.Request{
			Time: now, Method: "GET", URI: "/elsewhere?x=1", Status: 404, Code: notFound, Detail: "No operation has this path.",
		}, got[3])
		require.Equal(t, time.Second, got[1].Time.Sub(got[0].Time))
	})
}

// TestRequestsPrintNoSecret, nor does what they are found in.
func TestRequestsPrintNoSecret(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithAPIKey("KEYprivate"))
	created := create(t, server.Client(), uuid.New())
	_, err := refresh(t, server.Client(), uuid.New(), created.RefreshToken)
	require.Error(t, err)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%+v %#v %s %+v %+v", server, server, server, server.Requests(), server.HTTPClient())
	for _, r := range server.Requests() {
		fmt.Fprintf(&out, "%v %+v %#v %+v", r, r, r, &r)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("request", "request", r)
		slog.New(slog.NewTextHandler(&out, nil)).Info("request", "request", r)
	}
	require.Contains(t, out.String(), "[REDACTED]")
	require.Contains(t, out.String(), "roomtokenstest.Server")
	for _, secret := range []string{server.APIKey(), "KEYprivate", string(created.Token), string(created.RefreshToken)} {
		require.NotContains(t, out.String(), secret)
	}
}

func TestRequestsAsJSON(t *testing.T) {
	t.Parallel()
	longest := `{"` + strings.Repeat("a", 36) + `":1`
	for body, want := range map[string]string{
		``: `null`,
		`{"refresh_token":"PRIVATE","token_ttl_secs":60,"a":null,"b":true,"c":["PRIVATE"],"d":{"e":"PRIVATE"}}`: `{` +
			`"a":null,"b":true,"c":"[REDACTED]","d":"[REDACTED]","refresh_token":"[REDACTED]","token_ttl_secs":60}`,
		longest + `,"` + strings.Repeat("PRIVATE", 6) + `":1}`: longest + `}`,
		`"PRIVATE"`: `"[REDACTED]"`,
		`PRIVATE`:   `"[REDACTED]"`,
		"\xff":      `"[REDACTED]"`,
	} {
		server := roomtokenstest.NewServer()
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("X-Binary", "\xff")
		req.Header.Set("Authorization", "Bearer PRIVATE")
		server.ServeHTTP(httptest.NewRecorder(), req)
		encoded, err := json.Marshal(server.Requests()[0])
		require.NoError(t, err)
		require.NotContains(t, string(encoded), "PRIVATE")
		var decoded struct{ Body json.RawMessage }
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, want, cmp.Or(string(decoded.Body), "null"))
	}
}

func TestTheNewestRequestsAreKept(t *testing.T) {
	t.Parallel()
	const kept = 10_000
	server := roomtokenstest.NewServer()
	for i := range kept + 5 {
		req := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/%d", i), http.NoBody)
		server.ServeHTTP(httptest.NewRecorder(), req)
	}
	requests := server.Requests()
	require.Len(t, requests, kept)
	require.Equal(t, []string{"/5", "/10004"}, []string{requests[0].URI, requests[kept-1].URI})
	server.ClearRequests()
	require.Empty(t, server.Requests())
}

func TestOfLongTextsTheFirstPartIsKept(t *testing.T) {
	t.Parallel()
	const size = 4 << 10
	for length, kept := range map[int]int{size: size, size + 1: size} {
		server, long := roomtokenstest.NewServer(), strings.Repeat("x", length)
		req := httptest.NewRequest(http.MethodPost, "/"+long[1:], strings.NewReader(long))
		req.Header = http.Header{"Authorization": {long}, "A": {long, "b"}}
		server.ServeHTTP(httptest.NewRecorder(), req)
		got := server.Requests()[0]
		require.Equal(t, "/"+long[1:kept], got.URI)
		require.Equal(t, secret.String(long[:kept]), got.Body)
		require.Equal(t, secret.String(long[:kept]), got.Authorization)
		require.Equal(t, http.Header{"A": {long[:kept], "b"}}, got.Header)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t), roomtokenstest.WithRateLimit(2, time.Hour))
	client, room := server.Client(roomtokens.WithMaxRetries(0)), uuid.New()
	created := create(t, client, room)
	require.NoError(t, server.Revoke(created.RefreshToken))
	_, err := refresh(t, client, room, created.RefreshToken)
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
	server.Inject(named("reset"))

	server.Reset()

	require.Empty(t, server.Requests())
	_, err = refresh(t, client, room, created.RefreshToken)
	require.NoError(t, err)
	create(t, client, room)
}

// TestManyCallersAtOnce use all of a server, and each fault fails one call.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	const callers, calls, faults = 64, 8, 64
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	client := server.Client(roomtokens.WithMaxRetries(0))
	server.Inject(roomtokenstest.Fault{Status: 500, Times: faults, Operation: api.OperationCreateRoomClientToken})
	var failed, verified atomic.Int64
	var ids sync.Map
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range calls {
				room := uuid.New()
				created, err := client.CreateRoomClientToken(t.Context(), room, api.CreateRoomClientTokenRequest{})
				if err != nil {
					failed.Add(1)
					continue
				}
				_, err = refresh(t, client, room, created.RefreshToken)
				claims, unverified := server.Verify(created.Token)
				_, twice := ids.LoadOrStore(claims.ID, true)
				if errors.Join(err, unverified, server.Revoke(created.RefreshToken)) == nil && claims.RoomID == room && !twice {
					verified.Add(1)
				}
				server.Requests()
			}
		})
	}
	group.Wait()
	require.EqualValues(t, faults, failed.Load())
	require.EqualValues(t, callers*calls-faults, verified.Load())
	require.Len(t, server.Requests(), 2*callers*calls-faults)
}
