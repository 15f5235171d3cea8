package faults_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
)

const (
	soakSources      = 100
	callersPerSource = 10
	soakSpan         = 30 * 24 * time.Hour
	// All callers of a source ask at once at every rollCall, and at random times between.
	rollCall = 6 * time.Hour
	// impatience is the deadline of every twentieth call.
	impatience = 100 * time.Millisecond
	// fetchTimeout is the default: what no call may outlast.
	fetchTimeout = time.Minute
)

// soak is what all callers share.
type soak struct {
	t          *testing.T
	began      time.Time
	violations atomic.Int64
	calls      atomic.Int64
	failures   atomic.Int64
}

// TestSoak lets a thousand callers use a hundred sources for 30 days. A tenth of the requests fails, and all do in six
// outages; of three servers, one has a clock that is right, one is a day fast, one is a day slow.
//
// A token is renewed between a minute and half a minute before its end, by the first call that comes then; calls come
// at random. So a source that meets no faults mints once in the token's life less 45 s, plus the mean time until any of
// its callers asks: half a minute for every tenth source, whose tokens are mostly renewed in the background, and twelve
// minutes for the others, whose tokens mostly end before.
func TestSoak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &soak{t: t, began: time.Now()}
		outages := sixOutages(s.began, soakSpan, rand.New(rand.NewPCG(6, 0)))
		rooms := make([]*room, soakSources)
		var ideal float64
		var callers sync.WaitGroup
		for i := range rooms {
			gap := 2 * time.Hour
			if i%10 == 0 {
				gap = 5 * time.Minute
			}
			ideal += float64(soakSpan) / float64(tokenLife-refreshLead*3/4+gap/callersPerSource)
			rooms[i] = &room{
				report: s.report, outages: outages, rng: rand.New(rand.NewPCG(1, uint64(i))),
				ahead: time.Duration(i%3-1) * 24 * time.Hour, whole: i%2 == 0,
			}
			source := newSource(t, rooms[i])
			for j := range callersPerSource {
				callers.Go(func() { s.caller(source, rooms[i], gap, rand.New(rand.NewPCG(uint64(i), uint64(j)))) })
			}
		}
		callers.Wait()
		s.requireMinted(rooms, ideal)
	})
}

func newSource(t *testing.T, transport http.RoundTripper) *roomtokens.TokenSource {
	t.Helper()
	client, err := roomtokens.New(apiKey, roomtokens.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	source, err := client.TokenSource(
		uuid.New(),
		api.CreateRoomClientTokenRequest{TokenTTLSecs: 3600, RefreshTokenTTLSecs: 86400},
	)
	require.NoError(t, err)
	return source
}

// report fails the test, without flooding its output.
func (s *soak) report(format string, args ...any) {
	if s.violations.Add(1) <= 20 {
		s.t.Errorf("after %v: "+format, append([]any{time.Since(s.began)}, args...)...)
	}
}

// caller asks for tokens until the time is over, with gaps of gap on average.
func (s *soak) caller(source *roomtokens.TokenSource, r *room, gap time.Duration, rng *rand.Rand) {
	for count := 1; ; count++ {
		next := time.Duration(rng.ExpFloat64() * float64(gap))
		time.Sleep(min(next, rollCall-time.Since(s.began)%rollCall))
		if time.Since(s.began) >= soakSpan {
			return
		}
		ctx, cancel := s.t.Context(), context.CancelFunc(func() {})
		if count%20 == 0 {
			ctx, cancel = context.WithTimeout(ctx, impatience)
		}
		s.ask(ctx, source, r)
		cancel()
	}
}

// ask holds one call against the rules: a response in time, a token that the server would take, or an error that is
// due.
func (s *soak) ask(ctx context.Context, source *roomtokens.TokenSource, r *room) {
	asked := time.Now()
	token, err := source.Token(ctx)
	took := time.Since(asked)
	s.calls.Add(1)
	switch {
	case err == nil && !r.clock().Before(token.TokenExpiresAt):
		s.report("a token that ended %v ago", r.clock().Sub(token.TokenExpiresAt))
	case err != nil && ctx.Err() != nil:
		if took != impatience {
			s.report("a caller left after %v", took)
		}
	case err != nil:
		s.failures.Add(1)
		r.requireError(err)
	}
	if took > fetchTimeout {
		s.report("a call took %v: a wake-up was lost", took)
	}
}

func (s *soak) requireMinted(rooms []*room, ideal float64) {
	s.t.Helper()
	minted := 0
	for i, r := range rooms {
		minted += r.minted
		if i%10 == 0 {
			require.Greater(s.t, float64(r.early), 0.6*float64(r.minted), "renewed in the background")
		}
	}
	require.InEpsilon(s.t, ideal, minted, 0.05)
	s.t.Logf(
		"%d calls, %d tokens minted (ideal %.0f), %d errors that were due",
		s.calls.Load(),
		minted,
		ideal,
		s.failures.Load(),
	)
}
