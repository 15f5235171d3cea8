package roomtokenstest_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestRateLimitWindowCountsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(50, time.Second))
		window := named("rate limit window")
		require.Equal(t, time.Second, window.Lasts)
		window.Lasts = 10 * time.Second
		server.Inject(window)
		for _, want := range []string{"10", "7", "4", "1"} {
			resp, body, err := post(t, server)
			require.NoError(t, err)
			require.Equal(t, 429, resp.StatusCode)
			require.Equal(t, "10011", problemOf(t, body).Code)
			require.Equal(t, []string{"50", "0", want, ""}, []string{
				resp.Header.Get("X-Ratelimit-Limit"), resp.Header.Get("X-Ratelimit-Remaining"),
				resp.Header.Get("X-Ratelimit-Reset"), resp.Header.Get("Retry-After"),
			})
			time.Sleep(3 * time.Second)
		}
		require.Equal(t, []int{201}, statuses(t, server, 1))
	})
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.Fault{Name: "delay", Delay: time.Minute, Times: 2})
		began := time.Now()
		require.Equal(t, []int{201}, statuses(t, server, 1))
		require.Equal(t, time.Minute, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := server.Client().CreateRoomClientToken(ctx, uuid.New(), api.CreateRoomClientTokenRequest{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute+5*time.Second, time.Since(began))
		synctest.Wait()
		require.Zero(t, server.Requests()[1].Status)
	})
}

func TestResetAndTruncate(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(named("reset"), named("truncate"))
	_, _, err := post(t, server)
	require.ErrorIs(t, err, io.EOF)
	resp, body, err := post(t, server)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, int64(len(body)), resp.ContentLength/2)
	require.Equal(t, 201, resp.StatusCode)
}

func TestFaultHeaders(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(roomtokenstest.Fault{Header: http.Header{"Date": nil, "x-request-id": {"my own\tid"}}})
	resp, _, err := post(t, server)
	require.NoError(t, err)
	require.Equal(t, 201, resp.StatusCode)
	require.NotContains(t, resp.Header, "Date")
	require.Equal(t, "my own\tid", resp.Header.Get("X-Request-Id"))
	require.Equal(t, "1000000", resp.Header.Get("X-Ratelimit-Limit"), "what it is without WithRateLimit")
}

func TestFaultsOwnResponse(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(
		roomtokenstest.Fault{Status: 418, Problems: []api.VideoError{{Code: "1", Title: "a"}, {Code: "2", Title: "b"}}},
		roomtokenstest.Fault{Status: 403, Problems: []api.VideoError{{Code: "1", Title: "a"}}},
		roomtokenstest.Fault{Status: 500, Body: "<p>", Size: 100_000},
		roomtokenstest.Fault{Status: 204},
		roomtokenstest.Fault{Status: 304},
	)
	for _, want := range []string{
		`{"errors":[{"code":"1","title":"a"},{"code":"2","title":"b"}]}`, `{"code":"1","title":"a"}`,
		"<p>" + strings.Repeat(" ", 99_997), "", "",
	} {
		resp, body, err := post(t, server)
		require.NoError(t, err)
		require.Equal(t, want, body)
		require.Equal(t, want == "", resp.Header.Get("Content-Length") == "")
	}
}

func TestInjectRefusesNonsense(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault roomtokenstest.Fault
		want  string
	}{
		"":                  {roomtokenstest.Faults()["rate-limited"], "it is empty: Faults has no fault of that name"},
		"unknown operation": {roomtokenstest.Fault{Operation: "Delete"}, `operation "Delete" is none of [Create`},
		"negative count":    {roomtokenstest.Fault{Times: -1}, "is negative"},
		"negative delay":    {roomtokenstest.Fault{Delay: -1}, "is negative"},
		"times and lasts":   {roomtokenstest.Fault{Times: 1, Lasts: 1}, "both times and lasts"},
		"status 100":        {roomtokenstest.Fault{Status: 100}, "status is not 200 to 599"},
		"status 600":        {roomtokenstest.Fault{Status: 600}, "status is not 200 to 599"},
		"body, no status":   {roomtokenstest.Fault{Body: "x"}, "a body needs a status"},
		"two bodies": {
			roomtokenstest.Fault{Status: 500, Body: "x", Problems: []api.VideoError{{}}},
			"both problems and body",
		},
		"meta of no JSON": {
			roomtokenstest.Fault{Status: 500, Problems: []api.VideoError{{Meta: map[string]any{"a": func() {}}}}},
			"cannot be encoded",
		},
		"204 with a body": {roomtokenstest.Fault{Status: 204, Body: "x"}, "status has no body"},
		"304 with a size": {roomtokenstest.Fault{Status: 304, Size: 1}, "status has no body"},
		"nothing to cut":  {roomtokenstest.Fault{Status: 500, Truncate: true}, "no body to truncate"},
		"header of lines": {roomtokenstest.Fault{Header: http.Header{"Date": {"a\nb"}}}, `header "Date" is invalid`},
		"header with DEL": {roomtokenstest.Fault{Header: http.Header{"Date": {"\x7f"}}}, `header "Date" is invalid`},
		"content length":  {roomtokenstest.Fault{Header: http.Header{"content-length": {"5"}}}, "cannot be set"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.fault.Name = name
			err := tt.fault.Validate()
			require.ErrorContains(t, err, tt.want)
			says := fmt.Sprintf("roomtokenstest: fault %q: %v", name, err)
			require.PanicsWithValue(t, says, func() { roomtokenstest.NewServer().Inject(tt.fault) })
		})
	}
}

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

func TestGzipBomb(t *testing.T) {
	t.Parallel()
	body, err := gzip.NewReader(strings.NewReader(named("gzip bomb").Body))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, body)
	require.NoError(t, err)
	require.EqualValues(t, 64<<20, n)
	require.Equal(t, "gzip", named("gzip bomb").Header.Get("Content-Encoding"))
}

// TestFaultsAreFaults: whatever is listed keeps a client without retries from its token, but for a delay and a skewed
// clock. What looks like success is an invalid response, and a refusal has the code in its name.
func TestFaultsAreFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range roomtokenstest.Faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, name, fault.Name)
			require.NoError(t, fault.Validate())
			if name == "delay" || name == "skewed clock" {
				return
			}
			err := under(t, fault)
			require.Error(t, err)
			if fault.Status/100 == 2 || fault.Truncate {
				require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
			}
			if code, ok := strings.CutPrefix(name, "refusal "); ok {
				requireRefused(t, err, fault.Status, code)
			}
		})
	}
}

func TestTheDocumentationListsEveryFault(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("faults.go")
	require.NoError(t, err)
	doc, _, found := strings.Cut(strings.ReplaceAll(string(source), "\n//", ""), "func Faults")
	require.True(t, found)
	for name := range roomtokenstest.Faults() {
		require.Contains(t, doc, strings.TrimPrefix(name, "refusal "), name)
	}
}
