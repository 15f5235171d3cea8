package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// named returns a predefined fault.
func named(t *testing.T, name string) roomtokenstest.Fault {
	t.Helper()
	f, ok := roomtokenstest.Faults()[name]
	require.True(t, ok, name)
	return f
}

func TestRefused(t *testing.T) {
	t.Parallel()
	quick := named(t, "rate limited")
	quick.Header = map[string][]string{"X-Ratelimit-Limit": {"50"}, "X-Ratelimit-Reset": {"0"}}
	limited := roomtokenstest.Fault{Name: "limited", Status: 429, Header: map[string][]string{"Retry-After": {"3600"}}}
	forbidden := roomtokenstest.Fault{Name: "proxy", Status: 403, Body: "no"}
	teapot := roomtokenstest.Fault{Name: "teapot", Status: 418}
	const key = "Code 10010 means that the API key is known but may not use this room"
	for name, row := range map[string]struct {
		fault  roomtokenstest.Fault
		code   int
		stderr string
	}{
		"401":               {named(t, "refusal 10009"), exitRefused, "Check that TELNYX_API_KEY or TELNYX_API_KEY_FILE"},
		"403":               {named(t, "refusal 10010"), exitRefused, key},
		"403, envelope":     {named(t, "403 in an envelope"), exitRefused, key},
		"403, no code":      {forbidden, exitRefused, "This 403 has none of Telnyx's codes: a proxy or a firewall"},
		"404":               {named(t, "refusal 10005"), exitRefused, "Check ROOM_ID"},
		"422":               {named(t, "refusal 10004"), exitRefused, "10004"},
		"400":               {named(t, "refusal 10015"), exitRefused, "10015"},
		"408":               {named(t, "refusal 10008"), exitRefused, "408 Request Timeout"},
		"429":               {quick, exitRefused, "429 Too Many Requests"},
		"429, retry after":  {limited, exitRefused, "Run the command again in 1h0m0s."},
		"503":               {named(t, "empty body"), exitRefused, "503 Service Unavailable"},
		"300":               {roomtokenstest.Fault{Name: "300", Status: 300}, exitRefused, "300 Multiple Choices"},
		"redirect":          {named(t, "redirect"), exitRefused, "Redirects are not followed"},
		"teapot":            {teapot, exitRefused, "418 I'm a teapot"},
		"invalid response":  {named(t, "no token"), exitRefused, "Something other than the Telnyx API may have"},
		"too much response": {named(t, "huge body"), exitRefused, "invalid response"},
		"truncated":         {named(t, "truncate"), exitNetwork, "cut short"},
		"reset":             {named(t, "reset"), exitNetwork, "No complete response came. Check the network"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
				row.fault.Times, row.fault.Lasts = 0, time.Hour
				fake.Inject(row.fault)
				code, stdout, stderr := invokeInMemory(t, fake, "create ROOM")
				require.Equal(t, row.code, code, stderr)
				require.Empty(t, stdout)
				require.Contains(t, stderr, row.stderr)
				if row.fault.Status != 0 {
					require.Contains(t, stderr, fmt.Sprintf("%d ", row.fault.Status))
				}
				require.NotContains(t, stderr, "again in 0s")
				isRedirect := strings.Contains(stderr, "Redirects are not followed")
				require.Equal(t, row.fault.Status/100 == 3, isRedirect, stderr)
				require.NotContains(t, stderr, fake.APIKey())
			})
		})
	}
}

// TestRetries has a server down for a while, after which a wait of up to 8 s between two attempts may go on.
func TestRetries(t *testing.T) {
	t.Parallel()
	for line, row := range map[string]struct{ down, atMost time.Duration }{
		"create ROOM":                {20 * time.Second, 28 * time.Second},
		"create ROOM --timeout 100s": {90 * time.Second, 98 * time.Second},
	} {
		for _, fault := range []roomtokenstest.Fault{{Name: "503", Status: 503}, {Name: "reset", Reset: true}} {
			t.Run(line+" "+fault.Name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fake, began := roomtokenstest.NewServer(), time.Now()
					fault.Lasts = row.down
					fake.Inject(fault)
					code, _, stderr := invokeInMemory(t, fake, line)
					require.Equal(t, exitOK, code, stderr)
					require.GreaterOrEqual(t, time.Since(began), row.down)
					require.LessOrEqual(t, time.Since(began), row.atMost)
				})
			})
		}
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	_, pair, _ := invoke(t, env, "", "create", room)
	tokens := decodePair(t, pair)
	for name, row := range map[string]struct{ token, stderr string }{
		"unknown token": {"eyJhbGciOiJub25lIn0.e30.", "Get a new pair: roomtokens create"},
		"client token":  {string(tokens.Token), "it is revoked, is for another room,\nor is not a refresh token"},
	} {
		code, stdout, stderr := invoke(t, env, row.token, "refresh", room)
		require.Equal(t, exitRefused, code, name)
		require.Empty(t, stdout, name)
		require.Contains(t, stderr, row.stderr, name)
		require.NotContains(t, stderr, row.token, name)
	}
	fake.Inject(named(t, "refusal 10005"))
	_, _, stderr := invoke(t, env, "eyJ", "refresh", room)
	require.Contains(t, stderr, "There is no such room for this credential")
}

// nowhere is a URL of a port that no test server is ever given, unlike one that was free a moment ago.
const nowhere = "http://127.0.0.1:1/v2"

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	env := environ{"TELNYX_API_KEY": keyLike, "TELNYX_BASE_URL": nowhere}
	for _, command := range []string{"create", "refresh", "watch"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := invoke(t, env, jwtLike, command, room, "--timeout", "100ms")
			require.Equal(t, exitNetwork, code, stderr)
			require.Regexp(t, "refused|deadline exceeded", stderr)
			require.Contains(t, stderr, "No complete response came. Check the network, the proxy, --timeout")
			requireNoPart(t, stderr, keyLike)
			requireNoPart(t, stderr, jwtLike)
		})
	}
}

// TestUnknownHost asks for a host whose name is too long to exist, so that no resolver is asked.
func TestUnknownHost(t *testing.T) {
	t.Parallel()
	env := environ{"TELNYX_API_KEY": keyLike, "TELNYX_BASE_URL": "https://" + strings.Repeat("x", 64) + ".example/v2"}
	code, _, stderr := invoke(t, env, "", "create", room)
	require.Equal(t, exitNetwork, code, stderr)
	require.Contains(t, stderr, "no such host")
	require.Contains(t, stderr, "Check the network, the proxy, --timeout, and --base-url")
	require.NotContains(t, stderr, "attempts", "it is final at once")
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	code, stdout, stderr := invoke(t, nil, "", "mock", "--addr", l.Addr().String())
	require.Equal(t, exitNetwork, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "Choose another address with --addr")
}

// TestInputFromATerminal reads a device that counts as one.
func TestInputFromATerminal(t *testing.T) {
	t.Parallel()
	device, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer device.Close()
	const note = "roomtokens: reading standard input, until its end (Ctrl-D)\n"
	const missing = "roomtokens: the refresh token is missing: give it on standard input or in a file\n"
	for line, want := range map[string]string{
		"refresh ROOM":    note + missing,
		"refresh ROOM -q": missing,
	} {
		var stderr output
		require.Equal(t, exitUsage, run(t.Context(), words(line), environ{}.get, device, io.Discard, &stderr))
		require.Equal(t, want, stderr.String())
	}
}

func TestInputThatFails(t *testing.T) {
	t.Parallel()
	stdin, typist := io.Pipe()
	require.NoError(t, typist.CloseWithError(errors.New("gone")))
	var stderr output
	code := run(t.Context(), []string{"refresh", room}, environ{}.get, stdin, io.Discard, &stderr)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr.String(), "standard input: gone")
}
