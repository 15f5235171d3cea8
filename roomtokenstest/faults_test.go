package roomtokenstest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// post sends a create that is in order, and reads its answer.
func post(t *testing.T, server *roomtokenstest.Server, client *http.Client, base string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+createPath, strings.NewReader(`{}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+server.APIKey())
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	const enough = 2 << 20 // of what is meant to be too much
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	return resp, string(body), err
}

// statuses sends so many creates, each a single attempt, and lists what came back; 0 for no answer.
func statuses(t *testing.T, server *roomtokenstest.Server, n int) []int {
	t.Helper()
	var got []int
	for range n {
		resp, _, err := post(t, server, server.HTTPClient(), "https://fake.test")
		if err != nil {
			got = append(got, 0)
			continue
		}
		got = append(got, resp.StatusCode)
	}
	return got
}

func TestRateLimitWindowCountsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer(roomtokenstest.WithRateLimit(50, time.Second))
		server.Inject(roomtokenstest.RateLimitWindow(10 * time.Second))
		for _, want := range []string{"10", "7", "4", "1"} {
			resp, body, err := post(t, server, server.HTTPClient(), "https://fake.test")
			require.NoError(t, err)
			require.Equal(t, 429, resp.StatusCode)
			require.Equal(t, roomtokenstest.CodeTooManyRequests, problem(t, body).Code)
			require.Equal(t, []string{"50", "0", want, ""}, []string{
				resp.Header.Get("X-Ratelimit-Limit"), resp.Header.Get("X-Ratelimit-Remaining"),
				resp.Header.Get("X-Ratelimit-Reset"), resp.Header.Get("Retry-After"),
			})
			time.Sleep(3 * time.Second)
		}
		require.Equal(t, []int{201}, statuses(t, server, 1))
	})
}

func TestRateLimitedIsSurvived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.RateLimited(7 * time.Second))
		began := time.Now()
		create(t, server.Client(), uuid.New())
		require.Equal(t, 7*time.Second, time.Since(began))
		require.Len(t, server.Requests(), 2)
	})
}

func TestRateLimitedWithoutATime(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	server.Inject(roomtokenstest.RateLimited(0))
	resp, _, err := post(t, server, server.HTTPClient(), "https://fake.test")
	require.NoError(t, err)
	require.Equal(t, "0", resp.Header.Get("X-Ratelimit-Reset"))
	require.NotContains(t, resp.Header, "Retry-After")
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.Delay(time.Minute).Repeat(2))
		began := time.Now()
		require.Equal(t, []int{201}, statuses(t, server, 1))
		require.Equal(t, time.Minute, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := server.Client().CreateRoomClientToken(ctx, uuid.New(), api.CreateRoomClientTokenRequest{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute+5*time.Second, time.Since(began))
		require.Zero(t, server.Requests()[1].Status)
	})
}

func TestResetAndTruncate(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(roomtokenstest.Reset(), roomtokenstest.Truncate())
	_, _, err := post(t, server, server.HTTPClient(), "https://fake.test")
	require.ErrorIs(t, err, syscall.ECONNRESET)
	resp, body, err := post(t, server, server.HTTPClient(), "https://fake.test")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, int64(len(body)), resp.ContentLength/2)
	require.Equal(t, 201, resp.StatusCode)
}

func TestSkewedClockForOneAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.SkewClock(-time.Hour))
		client, room := server.Client(), uuid.New()
		skewed, plain := create(t, client, room), create(t, client, room)
		require.Equal(t, -50*time.Minute, time.Until(skewed.TokenExpiresAt))
		require.Equal(t, 10*time.Minute, time.Until(plain.TokenExpiresAt))
		_, err := server.Verify(skewed.Token)
		require.ErrorIs(t, err, roomtokenstest.ErrTokenExpired)
	})
}

func TestFaultHeaders(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(roomtokenstest.Fault{Header: http.Header{"Date": nil, "x-request-id": {"mine"}}})
	resp, _, err := post(t, server, server.HTTPClient(), "https://fake.test")
	require.NoError(t, err)
	require.Equal(t, 201, resp.StatusCode)
	require.NotContains(t, resp.Header, "Date")
	require.Equal(t, "mine", resp.Header.Get("X-Request-Id"))
}

func TestFaultsOwnAnswer(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(
		roomtokenstest.Fault{Status: 418, Problems: []api.VideoError{{Code: "1", Title: "a"}, {Code: "2", Title: "b"}}},
		roomtokenstest.Fault{Status: 403, Problems: []api.VideoError{{Code: "1", Title: "a"}}},
		roomtokenstest.Fault{Status: 500, Body: "<p>", Size: 100_000},
		roomtokenstest.Fault{Status: 204},
	)
	for _, want := range []string{
		`{"errors":[{"code":"1","title":"a"},{"code":"2","title":"b"}]}`, `{"code":"1","title":"a"}`, "<p>" + strings.Repeat(" ", 99_997), "",
	} {
		_, body, err := post(t, server, server.HTTPClient(), "https://fake.test")
		require.NoError(t, err)
		require.Equal(t, want, body)
	}
}

func TestInjectRefusesNonsense(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault roomtokenstest.Fault
		want  string
	}{
		"unknown operation": {roomtokenstest.Fault{Operation: "Delete"}, "operation is not in the spec"},
		"negative count":    {roomtokenstest.Fault{Times: -1}, "is negative"},
		"negative delay":    {roomtokenstest.Fault{Delay: -1}, "is negative"},
		"times and lasts":   {roomtokenstest.Fault{Times: 1, Lasts: 1}, "both Times and Lasts"},
		"status 100":        {roomtokenstest.Fault{Status: 100}, "status is not 200 to 599"},
		"status 600":        {roomtokenstest.Fault{Status: 600}, "status is not 200 to 599"},
		"body, no status":   {roomtokenstest.Fault{Body: "x"}, "a body needs a status"},
		"two bodies":        {roomtokenstest.Fault{Status: 500, Body: "x", Problems: []api.VideoError{{}}}, "both Problems and Body"},
		"meta of no JSON":   {roomtokenstest.Fault{Status: 500, Problems: []api.VideoError{{Meta: map[string]any{"a": func() {}}}}}, "cannot be encoded"},
		"204 with a body":   {roomtokenstest.Fault{Status: 204, Body: "x"}, "status has no body"},
		"nothing to cut":    {roomtokenstest.Fault{Status: 500, Truncate: true}, "no body to truncate"},
		"content length":    {roomtokenstest.Fault{Header: http.Header{"content-length": {"5"}}}, "cannot be set"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.fault.Name = "mine"
			err := tt.fault.Validate()
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, `fault "mine"`)
			require.PanicsWithValue(t, err.Error(), func() { roomtokenstest.NewServer().Inject(tt.fault) })
		})
	}
}
