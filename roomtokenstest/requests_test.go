package roomtokenstest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
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
		server := roomtokenstest.NewServer()
		client, id := server.Client(roomtokens.WithUserAgent("mine/1")), uuid.MustParse(room)
		created, err := client.CreateRoomClientToken(t.Context(), id, api.CreateRoomClientTokenRequest{TokenTTLSecs: 60})
		require.NoError(t, err)
		time.Sleep(time.Second)
		server.Inject(named("reset"))
		_, err = refresh(t, client, id, created.RefreshToken)
		require.NoError(t, err)

		got := server.Requests()
		require.Len(t, got, 3)
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
		require.Equal(t, time.Second, got[1].Time.Sub(got[0].Time))
		require.WithinDuration(t, now, got[2].Time, 0)
	})
}

func TestRequestsForNoOperation(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	resp, err := server.HTTPClient().Get("https://fake.test/elsewhere?x=1")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	got := server.Requests()[0]
	require.Empty(t, got.Operation)
	require.Zero(t, got.RoomID)
	require.Equal(t, "/elsewhere?x=1", got.URI)
	require.Equal(t, 404, got.Status)
}

func TestRequestsPrintNoSecret(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	created := create(t, server.Client(), uuid.New())
	_, err := refresh(t, server.Client(), uuid.New(), created.RefreshToken)
	require.Error(t, err)
	var out bytes.Buffer
	for _, r := range server.Requests() {
		fmt.Fprintf(&out, "%v %+v %#v %+v", r, r, r, &r)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("request", "request", r)
		slog.New(slog.NewTextHandler(&out, nil)).Info("request", "request", r)
	}
	require.Contains(t, out.String(), "[REDACTED]")
	require.NotContains(t, out.String(), server.APIKey())
	require.NotContains(t, out.String(), string(created.RefreshToken))
}

func TestRequestsEncodeNoSecret(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	created := create(t, server.Client(), uuid.MustParse(room))
	_, err := refresh(t, server.Client(), uuid.MustParse(room), created.RefreshToken)
	require.NoError(t, err)
	encoded, err := json.Marshal(server.Requests())
	require.NoError(t, err)
	require.NotContains(t, string(encoded), server.APIKey())
	require.NotContains(t, string(encoded), string(created.RefreshToken))
	var decoded []map[string]any
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	delete(decoded[0], "headers")
	require.Equal(t, map[string]any{
		"time": server.Requests()[0].Time.Format(time.RFC3339Nano), "operation": "CreateRoomClientToken", "room_id": room,
		"body": map[string]any{}, "method": "POST", "uri": createPath, "status": 201.0,
	}, decoded[0])
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	var logged []string
	server := roomtokenstest.NewServer(
		roomtokenstest.WithTB(t),
		roomtokenstest.WithRequestLog(func(r roomtokenstest.Request) {
			logged = append(logged, fmt.Sprint(r.Fault, " ", r.Status))
		}),
	)
	server.Inject(named("reset"))
	create(t, server.Client(), uuid.New())
	require.Equal(t, []string{"reset 0", " 201"}, logged)
	require.Len(t, server.Requests(), 2)
}

func TestTheNewestRequestsAreKept(t *testing.T) {
	t.Parallel()
	const kept = 10_000
	server := roomtokenstest.NewServer()
	for i := range kept + 5 {
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/%d", i), http.NoBody))
	}
	requests := server.Requests()
	require.Len(t, requests, kept)
	require.Equal(t, "/5", requests[0].URI)
	require.Equal(t, fmt.Sprintf("/%d", kept+4), requests[kept-1].URI)
}

func TestRequestsShowBodiesWithoutSecrets(t *testing.T) {
	t.Parallel()
	longest := `{"` + strings.Repeat("a", 36) + `":1`
	for body, want := range map[string]string{
		``: `null`,
		`{"refresh_token":"PRIVATE","token_ttl_secs":60,"a":null,"b":true,"c":["PRIVATE"],"d":{"e":"PRIVATE"}}`: `{"a":null,
			"b":true,"c":"[REDACTED]","d":"[REDACTED]","refresh_token":"[REDACTED]","token_ttl_secs":60}`,
		longest + `,"` + strings.Repeat("PRIVATE", 6) + `":1}`: longest + `}`,
		`"PRIVATE"`: `"[REDACTED]"`,
		`PRIVATE`:   `"[REDACTED]"`,
		"\xff":      `"[REDACTED]"`,
	} {
		server := roomtokenstest.NewServer()
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("X-Binary", "\xff")
		server.ServeHTTP(httptest.NewRecorder(), req)
		encoded, err := json.Marshal(server.Requests()[0])
		require.NoError(t, err)
		require.NotContains(t, string(encoded), "PRIVATE")
		var decoded struct{ Body json.RawMessage }
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.JSONEq(t, want, cmp.Or(string(decoded.Body), "null"))
	}
}

// TestRequestsAreBoundedInBytes sends more than 64 MiB, in bodies or in headers.
func TestRequestsAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	const bound, each = 64 << 20, 1 << 20
	large := strings.Repeat("x", each)
	for name, tt := range map[string]struct {
		path, body string
		header     http.Header
	}{
		"bodies":              {body: large},
		"paths":               {path: large},
		"headers":             {header: http.Header{"A": {large}}},
		"authorization":       {header: http.Header{"Authorization": {large}}},
		"many small headers":  {header: http.Header{"A": slices.Repeat([]string{"b"}, each/20)}},
		"a header's own name": {header: http.Header{large: {"b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := roomtokenstest.NewServer()
			for i := range 70 {
				req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
				req.URL = &url.URL{Path: fmt.Sprintf("/%s%d", tt.path, i)}
				req.Header = tt.header
				server.ServeHTTP(httptest.NewRecorder(), req)
			}
			requests := server.Requests()
			require.LessOrEqual(t, len(requests), bound/each)
			require.GreaterOrEqual(t, len(requests), 10)
			require.Equal(t, "/"+tt.path+"69", requests[len(requests)-1].URI)
			server.ClearRequests()
			require.Empty(t, server.Requests())
			server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			require.Len(t, server.Requests(), 1)
		})
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

func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	const callers, calls = 64, 8
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	client := server.Client(roomtokens.WithMaxRetries(0))
	server.Inject(roomtokenstest.Fault{Status: 500, Times: callers})
	var failed, done sync.Map
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for call := range calls {
				room := uuid.New()
				created, err := client.CreateRoomClientToken(t.Context(), room, api.CreateRoomClientTokenRequest{})
				if err != nil {
					failed.Store([2]int{caller, call}, err)
					continue
				}
				_, err = client.RefreshRoomClientToken(
					t.Context(),
					room,
					api.RefreshRoomClientTokenRequest{RefreshToken: created.RefreshToken},
				)
				if err != nil {
					failed.Store([2]int{caller, call}, err)
				}
				claims, err := server.Verify(created.Token)
				if err == nil && claims.RoomID == room && server.Revoke(created.RefreshToken) == nil {
					done.Store(claims.ID, true)
				}
				server.Requests()
			}
		})
	}
	group.Wait()
	require.Equal(t, callers, size(&failed), "as many as there were faults")
	arrived := server.Requests()
	require.Len(t, arrived, 2*callers*calls-creates(arrived, 500))
	require.Equal(t, creates(arrived, 201), size(&done))
	require.NoError(t, server.Unused())
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func creates(requests []roomtokenstest.Request, status int) (n int) {
	for _, r := range requests {
		if strings.HasSuffix(r.URI, "generate_join_client_token") && r.Status == status {
			n++
		}
	}
	return n
}
