package roomtokenstest_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestFaultsAreTakenInOrder(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	server.Inject(roomtokenstest.Fault{Status: 500}, named("reset"))
	server.Inject(roomtokenstest.Fault{Status: 503, Times: 2}, roomtokenstest.Fault{Times: 1})
	require.Equal(t, []int{500, 0, 503, 503, 201, 201}, statuses(t, server, 6))
}

func TestInjectTakesAFaultAsItIs(t *testing.T) {
	t.Parallel()
	server := roomtokenstest.NewServer()
	fault := roomtokenstest.Fault{Status: 500, Header: http.Header{}}
	for _, want := range []string{"1", "2"} {
		fault.Header.Set("Retry-After", want)
		server.Inject(fault)
	}
	for _, want := range []string{"1", "2"} {
		resp, _, err := post(t, server)
		require.NoError(t, err)
		require.Equal(t, want, resp.Header.Get("Retry-After"))
	}
}

func TestFaultThatLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		server.Inject(roomtokenstest.Fault{Status: 503, Lasts: time.Minute}, roomtokenstest.Fault{Status: 500})
		time.Sleep(time.Hour)
		require.Equal(t, []int{503, 503}, statuses(t, server, 2))
		time.Sleep(time.Minute - 1)
		require.Equal(t, []int{503}, statuses(t, server, 1))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []int{500, 201}, statuses(t, server, 2))
		require.NoError(t, server.Unused())
	})
}

// ending is a test whose end a test decides on.
type ending struct {
	failures []string
	cleanup  func()
}

func (*ending) Helper() {}

func (e *ending) Cleanup(end func()) { e.cleanup = end }

func (e *ending) Errorf(format string, args ...any) {
	e.failures = append(e.failures, fmt.Sprintf(format, args...))
}

func TestUnusedFaultsAreReported(t *testing.T) {
	t.Parallel()
	e := &ending{}
	server := roomtokenstest.NewServer(roomtokenstest.WithTB(e))
	server.Inject(roomtokenstest.Fault{Name: "thrice", Times: 3}, named("reset"), named("rate limit window"))
	statuses(t, server, 1)
	e.cleanup()
	unused := "roomtokenstest: fault 1 \"thrice\" is not used up: 2 left\n" +
		"roomtokenstest: fault 2 \"reset\" is not used up: 1 left\n" +
		"roomtokenstest: fault 3 \"rate limit window\" is not used up: 1 left"
	require.Equal(t, []string{unused}, e.failures)
	statuses(t, server, 4) // the last of which begins the window
	e.cleanup()
	require.Equal(t, []string{unused}, e.failures)
}

func TestPendingFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := roomtokenstest.NewServer()
		require.Equal(t, []roomtokenstest.Fault{}, server.PendingFaults())
		server.Inject(
			roomtokenstest.Fault{Name: "thrice", Status: 500, Times: 3, Header: http.Header{"A": {"b"}}},
			roomtokenstest.Fault{Name: "window", Status: 429, Lasts: time.Minute},
			roomtokenstest.Fault{Name: "later", Reset: true},
		)
		statuses(t, server, 1)
		pending := server.PendingFaults()
		require.Equal(t, []roomtokenstest.Fault{
			{Name: "thrice", Status: 500, Times: 2, Header: http.Header{"A": {"b"}}},
			{Name: "window", Status: 429, Lasts: time.Minute},
			{Name: "later", Reset: true, Times: 1},
		}, pending)
		pending[0].Header.Set("A", "changed")
		require.Equal(t, "b", server.PendingFaults()[0].Header.Get("A"))

		statuses(t, server, 3)
		time.Sleep(20 * time.Second)
		require.Equal(t, 40*time.Second, server.PendingFaults()[0].Lasts)
		time.Sleep(40 * time.Second)
		require.Len(t, server.PendingFaults(), 1)

		server.ClearFaults()
		require.Empty(t, server.PendingFaults())
		require.NoError(t, server.Unused())
		require.Len(t, server.Requests(), 4)
	})
}
