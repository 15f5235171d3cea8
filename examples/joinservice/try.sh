#!/usr/bin/env bash
# Runs the service against a fake of Telnyx, on free ports: a recorder and alice join a room, alice refreshes, bob is
# refused. It checks each response, and stops both.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -r "$bin"' EXIT
go build -o "$bin/roomtokens" ./cmd/roomtokens
go build -C examples -o "$bin/joinservice" ./joinservice

# wait_for FILE PATTERN waits until a line of the file matches.
wait_for() {
	for _ in $(seq 100); do
		if grep -q "$2" "$1" 2>/dev/null; then return; fi
		sleep 0.1
	done
	echo "try.sh: no $2 in the output:" >&2
	cat "$1" >&2
	exit 1
}

# expect WHAT BODY PATTERN prints the body, without its tokens, and checks that the pattern matches all of it.
expect() {
	echo "$1: $(sed 's/eyJ[^"]*/eyJ…/g' <<<"$2")"
	if ! grep -Eqx "$3" <<<"$2"; then
		echo "try.sh: not as expected: $3" >&2
		exit 1
	fi
}

"$bin/roomtokens" mock --addr 127.0.0.1:0 --output env >"$bin/env" 2>"$bin/mock.log" &
wait_for "$bin/env" TELNYX_API_KEY
set -a
# shellcheck source=/dev/null
. "$bin/env"
set +a
room_id=0b0f9a3e-5d4f-4b53-9c57-0a5f3c1d7e21
export RECORDER_ROOM=$room_id ROOM_ACCESS="{\"alice\": [\"$room_id\"]}"
LISTEN=127.0.0.1:0 "$bin/joinservice" >"$bin/telemetry.json" 2>"$bin/service.log" &
service=$!
wait_for "$bin/service.log" listening

address=$(sed -n 's/.*"msg":"listening","address":"\([^"]*\)".*/\1/p' "$bin/service.log")
room=http://$address/rooms/$room_id
jwt='"eyJ[^".]+\.[^".]+\.[^".]+"' time='"[0-9TZ:.-]+"'
client_token="\"token\":$jwt,\"token_expires_at\":$time"
joined=$(curl -sS -X POST -H 'X-Forwarded-User: alice' "$room/join")
expect joined "$joined" "\{\"refresh_token\":$jwt,\"refresh_token_expires_at\":$time,$client_token\}"
refresh_token=$(sed 's/.*"refresh_token":"\([^"]*\)".*/\1/' <<<"$joined")
refreshed=$(curl -sS --json "{\"refresh_token\": \"$refresh_token\"}" "$room/refresh")
expect refreshed "$refreshed" "\{$client_token\}"
invalid=$(curl -sS --json '{"refresh_token": "x", "token_ttl_secs": 5}' "$room/refresh")
expect invalid "$invalid" '\{"status":400,"detail":"token_ttl_secs is 5, must be at least 10"\}'
not_invited=$(curl -sS -X POST -H 'X-Forwarded-User: bob' "$room/join")
expect 'not invited' "$not_invited" '\{"status":403,"detail":"not allowed in this room"\}'

kill "$service"
wait "$service"
grep -o '"Name":"POST [^"]*"' "$bin/telemetry.json"
cat "$bin/service.log"
