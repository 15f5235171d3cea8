package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const demoSteps = `
1\. Create a client token for room [\w-]{36}
   client token   eyJhbG…[\w-]{6}  ends .* UTC, in (10m0s|9m5\ds)
   refresh token  eyJhbG…[\w-]{6}  ends .* UTC, in (1h0m0s|59m5\ds)

2\. Exchange the refresh token for a client token of 2m, without the API key
   client token   eyJhbG…[\w-]{6}  ends .* UTC, in (2m0s|1m5\ds)

3\. Get refused: give the client token where the refresh token belongs
   roomtokens: RefreshRoomClientToken: 403 Forbidden: 10010 .*
   Code 10010 means that the token is known but does not permit this: .*
   or is not a refresh token\. .*
$`

// Whatever the environment holds, a demo calls the fake.
func TestDemo(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]environ{
		"nothing is set":    nil,
		"a key but no room": {"TELNYX_API_KEY": "KEY1"},
		"a key and a room":  {"TELNYX_API_KEY": "KEY1", "TELNYX_ROOM_ID": room},
		"no such key file":  {"TELNYX_API_KEY_FILE": "no/such/file", "TELNYX_ROOM_ID": "lobby"},
		"a server is named": {"TELNYX_BASE_URL": nowhere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, env, "", "demo")
			require.Equal(t, exitOK, code, stderr)
			require.Empty(t, stderr)
			require.Regexp(t, `^This calls a fake of Telnyx in this program's memory: nothing leaves the machine\.
To call Telnyx, add --live\.
`+demoSteps, stdout)
		})
	}
}

func TestDemoLive(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	code, stdout, stderr := invoke(t, env, "", "demo", "--live", room)
	require.Equal(t, exitOK, code, stderr)
	require.Regexp(t, `^This calls `+env["TELNYX_BASE_URL"]+`\.\n`+demoSteps, stdout)
	require.Contains(t, stdout, room)
	require.NotContains(t, stdout, fake.APIKey())
	require.NotRegexp(t, `eyJ[\w-]{20}`, stdout, "tokens are shortened")
	require.Len(t, fake.Requests(), 3)
}

func TestDemoLiveCallsTelnyx(t *testing.T) {
	t.Parallel()
	var stdout output
	d := &demo{live: true, program: &program{
		env: environ{"TELNYX_API_KEY": "KEY1", "TELNYX_ROOM_ID": room}.get, stdout: &stdout,
	}}
	_, _, err := d.connect(nil)
	require.NoError(t, err)
	require.Equal(t, "This calls "+api.ServerURL+".\n\n", stdout.String())
}

func TestDemoThatFails(t *testing.T) {
	t.Parallel()
	create := roomtokenstest.Fault{Status: 403, Body: `{"code":"10010","title":"no"}`, Operation: "CreateRoomClientToken"}
	refresh := roomtokenstest.Fault{
		Status:    403,
		Body:      `{"code":"10010","title":"no"}`,
		Operation: "RefreshRoomClientToken",
	}
	for name, row := range map[string]struct {
		fault roomtokenstest.Fault
		code  int
	}{
		"create refused":      {create, exitRefused},
		"refresh refused":     {refresh, exitRefused},
		"create without peer": {roomtokenstest.Fault{Reset: true, Times: 3}, exitNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := listen(t, row.fault)
			code, _, stderr := invoke(t, env, "", "demo", "--live", room)
			require.Equal(t, row.code, code)
			require.NotEmpty(t, stderr)
		})
	}
}

func TestDemoOfARefusalThatDoesNotCome(t *testing.T) {
	t.Parallel()
	var stdout output
	fake := roomtokenstest.NewServer(roomtokenstest.WithTB(t))
	fake.Inject(roomtokenstest.Fault{
		Name: "lenient", Status: 201, Body: `{"data":{"token":"a.b.c"}}`,
		Header: map[string][]string{"Content-Type": {"application/json"}},
	}, roomtokenstest.Fault{Reset: true, Times: 3})
	s := steps{program: &program{stdout: &stdout}, client: fake.Client(), roomID: [16]byte{1}}
	require.NoError(t, s.refusal(t.Context(), "token"))
	require.Contains(t, stdout.String(), "The server took it: no refusal to show.")
	require.Error(t, s.refusal(t.Context(), "token"), "no response is not a refusal")
}
