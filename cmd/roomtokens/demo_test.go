package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const demoSteps = `^This calls a fake of Telnyx in this program's memory: nothing leaves the machine\.

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
	wrong := environ{"TELNYX_API_KEY_FILE": "no/such/file", "TELNYX_ROOM_ID": "lobby", "TELNYX_BASE_URL": nowhere}
	for _, env := range []environ{nil, wrong} {
		code, stdout, stderr := invoke(t, env, "", "demo")
		require.Equal(t, exitOK, code, stderr)
		require.Empty(t, stderr)
		require.Regexp(t, demoSteps, stdout)
		require.NotRegexp(t, `eyJ[\w-]{20}`, stdout, "tokens are shortened")
	}
}
