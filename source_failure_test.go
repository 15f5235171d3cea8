package roomtokens_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

func TestTokenSourceServesTheOldTokenToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		requireToken(t, source, "create-1")
		began := time.Now()
		server.fail(http.StatusServiceUnavailable)
		for time.Since(began) < 10*time.Minute-time.Second {
			requireToken(t, source, "create-1")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrServer)

		server.fail(0)
		time.Sleep(31 * time.Second)
		requireToken(t, source, "refresh-2")
	})
}

func TestTokenSourceBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			requests++
			answer(http.StatusUnauthorized, "", "")(w, req)
		})
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		for range 600 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrUnauthorized)
			time.Sleep(time.Second)
		}
		// Pauses of 1, 2, 4, 8, 16 and then 30 s, each cut by up to half.
		require.GreaterOrEqual(t, requests, 20)
		require.LessOrEqual(t, requests, 50)
	})
}

func TestTokenSourceCreatesWhereRefreshIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 404, 422} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{life: time.Minute, refreshLife: time.Hour, refreshStatus: status}
				source := server.source(t)
				requireToken(t, source, "create-1")
				time.Sleep(time.Minute)
				requireToken(t, source, "create-2")
			})
		})
	}
	for _, status := range []int{400, 409, 429, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{life: time.Minute, refreshLife: time.Hour, refreshStatus: status}
				source := server.source(t)
				requireToken(t, source, "create-1")
				time.Sleep(time.Minute)
				_, err := source.Token(t.Context())
				refused, ok := errors.AsType[*roomtokens.Error](err)
				require.True(t, ok)
				require.Equal(t, status, refused.StatusCode)
			})
		})
	}
}

func TestTokenSourceInvalidateEndsTheBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		first := requireToken(t, source, "create-1")
		time.Sleep(9*time.Minute + 31*time.Second)
		server.fail(500)
		requireToken(t, source, "create-1")
		synctest.Wait()
		server.fail(0)
		source.Invalidate(first)
		requireToken(t, source, "refresh-2")
	})
}

func TestTokenSourceInvalidateTwiceDoesNotHammer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: 10 * time.Minute, refreshLife: time.Hour}
		requests := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) { requests++; server.ServeHTTP(w, req) })
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		token := requireToken(t, source, "create-1")
		server.fail(500)
		for range 1000 {
			source.Invalidate(token)
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrServer)
		}
		require.Equal(t, 2, requests)
	})
}

func TestTokenSourceForgetsARefusedRefreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var paths []string
		server := &issuer{life: time.Minute, refreshLife: time.Hour, refreshStatus: http.StatusForbidden}
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			paths = append(paths, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
			if len(paths) == 3 { // the create after the refused refresh
				answer(http.StatusInternalServerError, "", "")(w, req)
				return
			}
			server.ServeHTTP(w, req)
		})
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		requireToken(t, source, "create-1")
		time.Sleep(time.Minute)
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrServer)
		time.Sleep(time.Minute)
		requireToken(t, source, "create-2")
		const create, refresh = "generate_join_client_token", "refresh_client_token"
		require.Equal(t, []string{create, refresh, create, create}, paths)
	})
}

func TestTokenSourceBacksOffAnewAfterASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		source := server.source(t)
		server.fail(500)
		for range 100 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrServer)
			time.Sleep(30 * time.Second)
		}
		server.fail(0)
		requireToken(t, source, "create-1")
		time.Sleep(time.Minute)
		server.fail(500)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrServer)
		server.fail(0)
		time.Sleep(time.Second)
		requireToken(t, source, "refresh-2")
	})
}

func TestTokenSourceSurvivesGoexit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Minute, refreshLife: time.Hour}
		requests := 0
		client := newClient(t, func(w http.ResponseWriter, req *http.Request) {
			if requests++; requests == 1 {
				runtime.Goexit()
			}
			server.ServeHTTP(w, req)
		})
		source, err := client.TokenSource(roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		_, err = source.Token(t.Context())
		require.ErrorContains(t, err, "ended from inside")
		time.Sleep(time.Second)
		requireToken(t, source, "create-1")
	})
}

func TestTokenSourceFetchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{life: time.Hour, refreshLife: time.Hour, latency: time.Minute}
		source := server.source(t, roomtokens.WithFetchTimeout(5*time.Second))
		began := time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestTokenSourceRefusesImpossibleLifetimes(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]time.Duration{
		"zero": 0, "negative": -time.Second, "beyond the spec's maximum": 3602 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := (&issuer{life: life, refreshLife: time.Hour}).source(t).Token(t.Context())
				require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
				require.ErrorContains(t, err, "lifetime")
			})
		})
	}
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		source, err := newClient(t, answer(201, "application/json", `{"data":{"token":"t"}}`)).
			TokenSource(roomID, api.CreateRoomClientTokenRequest{})
		require.NoError(t, err)
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
		require.ErrorContains(t, err, "end is missing")
	})
	t.Run("over before it arrived", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server := &issuer{life: 10 * time.Second, refreshLife: time.Hour, latency: 12 * time.Second}
			_, err := server.source(t).Token(t.Context())
			require.ErrorIs(t, err, roomtokens.ErrInvalidResponse)
			require.ErrorContains(t, err, "ended before it arrived")
		})
	})
}
