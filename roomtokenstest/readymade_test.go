package roomtokenstest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// under sends one create, in one attempt, under a fault.
func under(t *testing.T, fault roomtokenstest.Fault) error {
	t.Helper()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(fault)
	_, err := server.Client(roomtokens.WithMaxRetries(0)).
		CreateRoomClientToken(t.Context(), uuid.New(), api.CreateRoomClientTokenRequest{})
	require.Equal(t, fault.Name, server.Requests()[0].Fault)
	return err
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"10004": 422, "10005": 404, "10006": 422, "10007": 500, "10008": 408, "10009": 401, "10010": 403, "10011": 429, "10015": 400,
	}
	for _, fault := range roomtokenstest.Refusals() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			code := fault.Problems[0].Code
			requireRefused(t, under(t, fault), want[code], code)
		})
	}
	require.Len(t, roomtokenstest.Refusals(), len(want))
}

func TestForeignErrors(t *testing.T) {
	t.Parallel()
	for _, fault := range roomtokenstest.ForeignErrors() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			var refused *roomtokens.Error
			require.ErrorAs(t, under(t, fault), &refused)
			require.Equal(t, fault.Status, refused.StatusCode)
		})
	}
}

func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	for _, fault := range roomtokenstest.MalformedAnswers() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, under(t, fault), roomtokens.ErrInvalidResponse)
		})
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, fault := range roomtokenstest.ReadyMade() {
		require.NotEmpty(t, fault.Name)
		require.False(t, seen[fault.Name], fault.Name)
		seen[fault.Name] = true
		require.NoError(t, fault.Validate())
		found, ok := roomtokenstest.Named(fault.Name)
		require.True(t, ok)
		require.Equal(t, fault, found)
	}
	_, ok := roomtokenstest.Named("none")
	require.False(t, ok)
}

// outcome is what a client sees of an answer, whichever way it came.
type outcome struct {
	failed, cut bool // no answer; no end of the answer
	status      int
	body        string
	contentType string
	length      int64
	unzipped    bool
	retryAfter  string
	location    string
}

func outcomeOf(t *testing.T, fault roomtokenstest.Fault, client *http.Client, server *roomtokenstest.Server, base string) outcome {
	t.Helper()
	fault.Delay = min(fault.Delay, time.Millisecond)
	server.Inject(fault)
	resp, body, err := post(t, server, client, base)
	if resp == nil {
		return outcome{failed: err != nil}
	}
	if fault.Status == 0 {
		body = ""
	}
	return outcome{
		cut: err != nil, status: resp.StatusCode, body: body, contentType: resp.Header.Get("Content-Type"),
		length: resp.ContentLength, unzipped: resp.Uncompressed,
		retryAfter: resp.Header.Get("Retry-After"), location: resp.Header.Get("Location"),
	}
}

func TestFaultsLookTheSameInMemoryAndOnAPort(t *testing.T) {
	t.Parallel()
	for _, fault := range roomtokenstest.ReadyMade() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			memory := roomtokenstest.NewServer()
			want := outcomeOf(t, fault, memory.HTTPClient(), memory, "https://fake.test")
			require.True(t, want.failed || want.status != 0)
			for _, http2 := range []bool{false, true} {
				server := roomtokenstest.NewServer()
				port := httptest.NewUnstartedServer(server)
				port.EnableHTTP2 = http2
				port.StartTLS()
				defer port.Close()
				require.Equal(t, want, outcomeOf(t, fault, port.Client(), server, port.URL), "HTTP/2: %v", http2)
			}
		})
	}
}

func TestOnAPort(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	port := httptest.NewServer(server)
	defer port.Close()
	client, err := roomtokens.New(server.APIKey(), roomtokens.WithBaseURL(port.URL+"/v2"))
	require.NoError(t, err)
	room := uuid.New()
	created := create(t, client, room)
	_, err = refresh(t, client, room, created.RefreshToken)
	require.NoError(t, err)
	_, err = client.RefreshRoomClientToken(t.Context(), uuid.New(), api.RefreshRoomClientTokenRequest{RefreshToken: created.RefreshToken})
	require.ErrorIs(t, err, roomtokens.ErrForbidden)
}
