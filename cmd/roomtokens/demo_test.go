package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

const demoSteps = `
1\. Create a client token for room [\w-]{36}
   client token   eyJhbG…[\w-]{6}  ends .* UTC, in (10m0s|9m5\ds)
   refresh token  eyJhbG…[\w-]{6}  ends .* UTC, in (1h0m0s|59m5\ds)

2\. Trade the refresh token for a client token of 2m, without the API key
   client token   eyJhbG…[\w-]{6}  ends .* UTC, in (2m0s|1m5\ds)

3\. Get refused: give the client token where the refresh token is due
   roomtokens: RefreshRoomClientToken: 403 Forbidden: 10010 .*
   Code 10010 means that the token is known but does not permit this: .*
   refresh token\. .*
$`

func TestDemoWithoutAKey(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := invoke(t, nil, "", "demo")
	require.Equal(t, exitDone, code, stderr)
	require.Empty(t, stderr)
	require.Regexp(t, `^TELNYX_API_KEY is not set: this runs against a fake of Telnyx in this program's memory\.
Nothing leaves the machine\.
`+demoSteps, stdout)
}

func TestDemoWithAKey(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	env["TELNYX_ROOM_ID"] = room
	code, stdout, stderr := invoke(t, env, "", "demo")
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `^This runs against `+env["TELNYX_BASE_URL"]+`\.
`+demoSteps, stdout)
	require.Contains(t, stdout, room)
	require.NotContains(t, stdout, fake.APIKey())
	require.NotRegexp(t, `eyJ[\w-]{20}`, stdout, "tokens are shortened")
	require.Len(t, fake.Requests(), 3)
}

func TestDemoTalksToTelnyxWithAKey(t *testing.T) {
	t.Parallel()
	p := &program{env: environ{"TELNYX_API_KEY": "KEY1", "TELNYX_ROOM_ID": room}.get}
	d, err := newDemo(p, connectionFlags{})
	require.NoError(t, err)
	require.Equal(t, "This runs against https://api.telnyx.com/v2.", d.server)
}

func TestDemoThatFails(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault roomtokenstest.Fault
		code  int
	}{
		"create refused":      {roomtokenstest.Refuse("10010").On(roomtokenstest.CreateOperation), exitRefused},
		"refresh refused":     {roomtokenstest.Refuse("10010").On(roomtokenstest.RefreshOperation), exitRefused},
		"create without peer": {roomtokenstest.Reset().Repeat(3), exitNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := listen(t, row.fault)
			env["TELNYX_ROOM_ID"] = room
			code, _, stderr := invoke(t, env, "", "demo")
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
	}, roomtokenstest.Reset().Repeat(3))
	d := &demo{program: &program{stdout: &stdout}, client: fake.Client(), roomID: [16]byte{1}}
	require.NoError(t, d.refusal(t.Context(), "token"))
	require.Contains(t, stdout.String(), "The server took it: no refusal to show.")
	require.Error(t, d.refusal(t.Context(), "token"), "no answer is not a refusal")
}
