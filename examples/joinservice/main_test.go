package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

func TestRunFinishesRequestsAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	fake := roomtokenstest.NewServer()
	telnyx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/refresh_client_token") {
			stop()
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(telnyx.Close)
	room := uuid.NewString()
	env := map[string]string{
		"TELNYX_API_KEY": fake.APIKey(), "TELNYX_BASE_URL": telnyx.URL + "/v2", "LISTEN": "127.0.0.1:0",
		"RECORDER_ROOM": room, "ROOM_ACCESS": `{"alice": ["` + room + `"]}`,
	}
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	t.Cleanup(func() { stdout.Close() })
	log, stderr := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, func(name string) string { return env[name] }, stdout, stderr)
		stderr.Close()
	}()
	var logged bytes.Buffer
	logs := io.TeeReader(log, &logged)
	records, address := json.NewDecoder(logs), ""
	for recording := false; address == "" || !recording; {
		var record struct{ Msg, Address string }
		require.NoError(t, records.Decode(&record))
		address += record.Address
		recording = recording || record.Msg == "recorder has a token"
	}
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, logs)
		copied <- err
	}()

	url := "http://" + address + "/rooms/" + room
	joined := post(t, url+"/join", "")
	refreshed := post(t, url+"/refresh", `{"refresh_token": "`+string(joined.RefreshToken)+`"}`)
	_, err = fake.Verify(refreshed.Token)
	require.NoError(t, err)
	require.NoError(t, <-ended)
	require.NoError(t, <-copied)
	exported, err := os.ReadFile(stdout.Name())
	require.NoError(t, err)
	require.Contains(t, logged.String(), `"route":"POST /rooms/{id}/refresh"`)
	require.Contains(t, string(exported), `"Name":"POST /rooms/{room_id}/actions/refresh_client_token"`)
	require.Contains(t, string(exported), `"Name":"http.client.request.duration"`)
	for _, hidden := range []string{
		fake.APIKey(), string(joined.Token), string(joined.RefreshToken), string(refreshed.Token),
	} {
		require.NotContains(t, string(exported)+logged.String(), hidden)
	}
}

func post(t *testing.T, url, body string) (token roomtokens.ClientToken) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Forwarded-User", "alice")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(&token))
	return token
}

func TestRunRefusesConfiguration(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		"TELNYX_API_KEY": "", "TELNYX_BASE_URL": "http://telnyx.example/v2", "RECORDER_ROOM": "lobby", "LISTEN": "nowhere",
		"ROOM_ACCESS": `{"alice": ["lobby"]}`, "LOG_LEVEL": "loud",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"TELNYX_API_KEY": "KEY", variable: value}
			err := run(t.Context(), func(name string) string { return env[name] }, io.Discard, io.Discard)
			require.ErrorContains(t, err, variable)
		})
	}
}
